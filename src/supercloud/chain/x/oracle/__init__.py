"""Oracle: what the native token is worth in US dollars, as sources that the network trusts report it."""
