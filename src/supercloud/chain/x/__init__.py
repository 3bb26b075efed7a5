"""The modules of the state machine; they know one another only through `expected_keepers.py`."""
