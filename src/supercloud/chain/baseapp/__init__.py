"""What every module stands on: the context of a call, the routes of messages and queries, the ABCI verbs."""
