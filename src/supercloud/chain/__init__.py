"""The deterministic state machine: blocks and queries go in, state, events and an app hash come out.

It does no I/O and reads no clock; block time, height and proposer arrive as arguments. The shell around it is `node/`.
"""
