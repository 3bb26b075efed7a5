"""The shell around the state machine: storage, mempool, engine, RPC, gRPC, REST, index."""
