"""A market made up by a seeded random source, block after block, on the real state machine.

cast.py        who takes part, and the genesis they start from
script.py      what they say: sensible messages about what is there
stewards.py    what they say about public money: proposals, grants, stakes, credit, prices, auctions
committee.py   who decides the blocks, who sleeps, who signs twice
mischief.py    what they should not say: broken messages and broken transactions
run.py         blocks made of both, and what has to hold after each
tape.py        the blocks of a run in a file, with what they led to
replica.py     another process that makes the same blocks again and must come to the same
"""

from supercloud.testing.simulation.run import Failure, Simulation

__all__ = ["Failure", "Simulation"]
