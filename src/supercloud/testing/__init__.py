"""Parts for tests and simulations that ship with the package: an in-memory ledger and its cast."""
