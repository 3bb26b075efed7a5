"""Provider: who offers computers, where to reach them, and what they say of themselves."""
