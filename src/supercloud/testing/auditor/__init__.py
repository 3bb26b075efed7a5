"""A second opinion on the market: the same rules written again, simply, to compare the ledger with.

Nothing here reads the ledger's stores or uses its keepers, nor may it: a mistake made twice would be no news.
It is fed with blocks (transactions, results, events) and compared through public queries.

    money.py    accounts of escrow, payments, deposits, refunds, take: whole units and plain integers
    market.py   deployments, groups, orders, bids, leases: what ends what, and which events tell of it
    audit.py    reads blocks, applies them to both, and says where the ledger thinks otherwise
"""

from supercloud.testing.auditor.audit import Auditor, Block

__all__ = ["Auditor", "Block"]
