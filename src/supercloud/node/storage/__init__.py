"""What a node keeps on disk: the state (lmdb.py) and the blocks (blockstore.py)."""
