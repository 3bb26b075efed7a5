"""When the program behind the ledger changes, and that it does."""
