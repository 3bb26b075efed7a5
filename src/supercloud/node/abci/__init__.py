"""The state machine behind a socket, for a consensus engine in another process (ABCI 2.0)."""
