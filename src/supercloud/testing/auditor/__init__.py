"""A second opinion on the market and on public money: the same rules written again, simply, to compare the ledger with.

Nothing here reads the ledger's stores or uses its keepers, nor may it: a mistake made twice would be no news.
It is fed with blocks (transactions, results, events) and compared through public queries.

    money.py    accounts of escrow, payments, deposits, refunds, take: whole units and plain integers
    market.py   deployments, groups, orders, bids, leases: what ends what, and which events tell of it
    books.py    all books of public money, in the order of a block:
      treasury.py    fees, the community pool, the outflow of the take, the auction
      grants.py      what is set aside for somebody and earned over time
      prices.py      what sources report and what it means
      vault.py       native tokens for credit and back, the circuit breaker
      stakes.py      validators, delegations, what unbonds, wrongs, rewards
      proposals.py   deposits, votes, verdicts
    audit.py    reads blocks, applies them to all, and says where the ledger thinks otherwise
"""

from supercloud.testing.auditor.audit import Auditor, Block

__all__ = ["Auditor", "Block"]
