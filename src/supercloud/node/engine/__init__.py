"""The embedded engine: one validator that proposes, executes and commits CometBFT-shaped blocks."""
