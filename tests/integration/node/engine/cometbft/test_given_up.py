"""A CometBFT that stays up and decides nothing any more ends its node, with the reason; one that lacks a quorum does not.

Needs CometBFT: scripts/cometbft builds it. Skipped, with that reason, where there is none.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import beside
import orjson
import pytest
from chain_client import CHAIN, PATIENCE_S, free_port, make_home, settings
from comet import absent

from supercloud.chain.app import SupercloudApp
from supercloud.node import network
from supercloud.node.config import Config, load
from supercloud.node.engine.cometbft import rounds
from supercloud.node.server import Node, NodeFailed
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.testing import ports

pytestmark = [pytest.mark.node, pytest.mark.skipif(bool(absent()), reason=absent())]


def comet_settings() -> Config:
    config = settings(0.1)
    config.engine.kind = "cometbft"
    config.p2p.listen = f"127.0.0.1:{free_port()}"
    return config


async def reach(node: Node, height: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while node.engine.state.height < height:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.02)


SPOILT = 3
"""Height from which on a node is out of its mind."""


def propose_too_much(patch: pytest.MonkeyPatch) -> None:
    """Each proposal is a byte larger than blocks may be."""
    original = SupercloudApp.prepare_proposal

    def prepare(app: Any, request: abci.RequestPrepareProposal) -> abci.ResponsePrepareProposal:
        if request.height < SPOILT:
            return original(app, request)
        return abci.ResponsePrepareProposal(txs=[bytes(request.max_tx_bytes + 1)])

    patch.setattr(SupercloudApp, "prepare_proposal", prepare)


def tell_a_result_too_many(patch: pytest.MonkeyPatch) -> None:
    """Blocks have more results than transactions."""
    original = SupercloudApp.finalize_block

    def finalize(app: Any, request: abci.RequestFinalizeBlock) -> abci.ResponseFinalizeBlock:
        response = original(app, request)
        if request.height >= SPOILT:
            response.tx_results.add()
        return response

    patch.setattr(SupercloudApp, "finalize_block", finalize)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (propose_too_much, "exceeds maximum"),
        (tell_a_result_too_many, "expected tx results length"),
    ],
)
async def test_it_ends_the_node_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Any, reason: str
) -> None:
    spoil(monkeypatch)
    config = comet_settings()
    node = Node(make_home(tmp_path / "h", config), config)
    await node.start()
    try:
        with pytest.raises(
            NodeFailed, match=f"CometBFT gave up: CONSENSUS FAILURE: .*{reason}.*Start the node"
        ):
            await asyncio.wait_for(node.wait(), PATIENCE_S)
    finally:
        await node.stop()


async def test_one_that_executes_otherwise_than_the_others(tmp_path: Path) -> None:
    base = ports.row(2 * network.PORTS_PER_NODE)
    plan = network.Plan(CHAIN, [b"\1" * 20], port_base=base, block_interval_s=0.2)
    (validator,) = network.create(plan, tmp_path / "net")
    document = orjson.loads((validator.home / "config" / "genesis.json").read_bytes())
    peers = [f"{validator.node_id}@{validator.endpoints.p2p}"]
    joining = network.Joining(peers, port_base=base + network.PORTS_PER_NODE)
    follower = network.join(tmp_path / "follower", document, joining)
    first, second = Node(validator.home), Node(follower.home)
    await first.start()
    try:
        await second.start()
        try:
            await reach(second, 3)
            async with asyncio.timeout(PATIENCE_S):
                while second.core.peers.catching_up:  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.02)
            execute = second.app.finalize_block

            def finalize(request: abci.RequestFinalizeBlock) -> abci.ResponseFinalizeBlock:
                response = execute(request)
                response.app_hash = bytes(32)
                return response

            second.app.finalize_block = finalize  # type: ignore[method-assign]
            with pytest.raises(NodeFailed, match=r"gave up: .*wrong Block\.Header\.AppHash"):
                await asyncio.wait_for(second.wait(), PATIENCE_S)
        finally:
            await second.stop()
        await reach(first, first.engine.state.height + 2)
    finally:
        await first.stop()


async def test_a_start_without_the_cause_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = comet_settings()
    home = make_home(tmp_path / "h", config)
    with monkeypatch.context() as spoilt:
        propose_too_much(spoilt)
        node = Node(home, config)
        await node.start()
        try:
            with pytest.raises(NodeFailed):
                await asyncio.wait_for(node.wait(), PATIENCE_S)
        finally:
            await node.stop()
    node = Node(home, config)
    await node.start()
    try:
        assert node.engine.state.height == SPOILT - 1
        await reach(node, SPOILT + 1)
    finally:
        await node.stop()


async def test_one_that_somebody_else_runs_is_known_by_its_rounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "PATIENCE", 2)
    propose_too_much(monkeypatch)
    config = comet_settings()
    config.engine.start_cometbft = False
    home = make_home(tmp_path / "h", config)
    node = Node(home, config)
    await node.start()
    try:
        async with beside.running(home) as comet:
            with pytest.raises(NodeFailed, match=r"gave up: at height/round/step \d+/\d+/\d+ it has all"):
                await asyncio.wait_for(node.wait(), PATIENCE_S)
            # It ends with the node's socket, so that both are started again.
            await comet.ended(1)
    finally:
        await node.stop()


async def test_a_network_without_its_quorum_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "PATIENCE", 2)
    plan = network.Plan(
        CHAIN,
        [bytes([number + 1]) * 20 for number in range(2)],
        port_base=ports.row(2 * network.PORTS_PER_NODE),
        block_interval_s=0.2,
    )
    homes = [member.home for member in network.create(plan, tmp_path / "net")]
    configs = [load(home / "config" / "config.toml", {}) for home in homes]
    configs[0].engine.start_cometbft = False
    first, second = (Node(home, config) for home, config in zip(homes, configs, strict=True))
    async with beside.running(homes[0]) as comet:
        await first.start()
        try:
            await second.start()
            try:
                await reach(first, 3)
            finally:
                await second.stop()
            waiting = asyncio.create_task(first.wait())
            done, _ = await asyncio.wait({waiting}, timeout=8)
            assert not done and comet.runs
            again = Node(homes[1], configs[1])
            await again.start()
            try:
                await reach(first, first.engine.state.height + 2)
            finally:
                await again.stop()
            waiting.cancel()
        finally:
            await first.stop()
