"""Market: orders, the bids on them, and the leases that come of it."""
