"""A validator that proposes, in turn, what no block may hold, and finds its own proposals good.

Usage: python bad_proposer.py HOME

Each proposal is noted in HOME.proposals, a line of JSON: height, kind, hashes of its transactions. KINDS go in turn; once
HOME.oversized exists the next proposal has more bytes than a block. Nothing in the node knows of this: the two verbs are
wrapped from outside.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import sys
from collections.abc import Callable
from pathlib import Path

from supercloud.chain.app import SupercloudApp
from supercloud.node.server import run
from supercloud.pb.cosmos.tx.v1beta1 import tx_pb2
from supercloud.pb.tendermint.abci import types_pb2 as abci

GAS_MAX = 10_000_000
"""The gas that a block of the test's network may have."""


def undecodable(_: abci.RequestPrepareProposal) -> list[bytes]:
    """Bytes that are no transaction, behind what is one."""
    return [_transaction(1), b"\xff" * 100]


def gas(_: abci.RequestPrepareProposal) -> list[bytes]:
    """Two transactions that are fit alone and together have one unit too much."""
    return [_transaction(GAS_MAX), _transaction(1)]


def oversized(request: abci.RequestPrepareProposal) -> list[bytes]:
    """One byte more than there is room for."""
    return [bytes(request.max_tx_bytes + 1)]


Kind = Callable[[abci.RequestPrepareProposal], list[bytes]]
KINDS: tuple[Kind, ...] = (undecodable, gas)


def notes(home: Path) -> Path:
    """Where proposals are noted."""
    return home.with_suffix(".proposals")


def switch(home: Path) -> Path:
    """The file whose being there makes the next proposal too long."""
    return home.with_suffix(".oversized")


def _transaction(gas_limit: int) -> bytes:
    # Proposals are judged by form and bounds; signatures are looked at when a block is executed.
    auth = tx_pb2.AuthInfo(fee=tx_pb2.Fee(gas_limit=gas_limit))
    auth.signer_infos.add().mode_info.single.mode = 1
    return tx_pb2.TxRaw(
        body_bytes=tx_pb2.TxBody(memo="never in a block").SerializeToString(),
        auth_info_bytes=auth.SerializeToString(),
        signatures=[bytes(64)],
    ).SerializeToString()


def main(home: Path) -> int:
    """Run the node until it is told to end."""
    turns = itertools.cycle(KINDS)

    def prepare(_: SupercloudApp, request: abci.RequestPrepareProposal) -> abci.ResponsePrepareProposal:
        kind = oversized if switch(home).exists() else next(turns)
        txs = kind(request)
        hashes = [hashlib.sha256(raw).hexdigest() for raw in txs]
        with notes(home).open("a") as file:
            file.write(json.dumps({"height": request.height, "kind": kind.__name__, "hashes": hashes}) + "\n")
        return abci.ResponsePrepareProposal(txs=txs)

    def process(_: SupercloudApp, request: abci.RequestProcessProposal) -> abci.ResponseProcessProposal:
        return abci.ResponseProcessProposal(status=abci.ResponseProcessProposal.ACCEPT)

    SupercloudApp.prepare_proposal = prepare  # type: ignore[method-assign]
    SupercloudApp.process_proposal = process  # type: ignore[method-assign]
    return run(home)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
