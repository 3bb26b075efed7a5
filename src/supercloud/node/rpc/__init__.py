"""CometBFT JSON-RPC door: POST, URI and WebSocket."""
