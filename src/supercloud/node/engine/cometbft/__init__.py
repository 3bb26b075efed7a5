"""CometBFT as the engine: it decides in a process of its own, this node executes, keeps and serves what it decided."""
