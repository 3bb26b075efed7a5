"""Bytes to messages and back: transactions, sign documents, the Any registry, amino JSON, proto JSON. Pure."""
