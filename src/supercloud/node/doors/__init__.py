"""How a node is reached: RPC, gRPC and REST, in its own process or in one beside it. See README.md."""
