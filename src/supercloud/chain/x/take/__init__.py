"""Take: the network's share of what providers earn, kept in a module account of its own."""
