"""The provider agent: watches orders, bids, runs what was leased, publishes it, gets paid. Restart is a normal event."""
