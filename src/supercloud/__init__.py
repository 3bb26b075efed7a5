"""Supercloud: an open, permissionless market for computers. Start reading at docs/architecture.md."""
