"""gRPC door: the queries of the state machine and the services of the node itself."""
