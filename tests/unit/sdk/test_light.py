"""The light client against a chain of the node's own making, honest and lying."""

from __future__ import annotations

import base64
import itertools
from typing import Any

import pytest
from light_chain import BEGIN_NS, LightChain, changed, keys

from supercloud.pb.akash.escrow.types.v1.account_pb2 import AccountState
from supercloud.pb.akash.market.v1.lease_pb2 import Lease
from supercloud.sdk import headers
from supercloud.sdk.headers import NotVerified
from supercloud.sdk.ics23 import Refused
from supercloud.sdk.light import LightClient
from supercloud.types.ids import BidID

FOUR = keys(1, 2, 3, 4)
ALICE = b"\7" * 20
BALANCE = b"\x02\x14" + ALICE + b"uakt"
LEASE = BidID(ALICE, 5, 1, 1, b"\x09" * 20)


def steady(count: int = 10) -> LightChain:
    chain = LightChain()
    for _ in range(count):
        chain.add(FOUR, FOUR, writes=[("bank", BALANCE, b"%d" % (100 + chain.height))])
    return chain


async def begin(chain: LightChain, height: int = 1, **more: Any) -> LightClient:
    clock = more.pop("clock_ns", lambda: BEGIN_NS + 60 * 10**9)
    return await LightClient.begin(chain, height, chain.hashes[height], clock_ns=clock, **more)


async def test_the_newest_header_is_verified_in_one_step_while_validators_stay() -> None:
    chain = steady()
    client = await begin(chain)
    chain.asked.clear()
    assert (await client.advance()).height == 10
    assert chain.asked == ["commit", "validators 10"]
    assert (await client.advance()).height == 10


async def test_another_hash_is_not_the_trusted_block() -> None:
    with pytest.raises(NotVerified, match="not the trusted"):
        await LightClient.begin(steady(), 1, bytes(32))  # type: ignore[arg-type]


async def test_validators_that_changed_are_followed_by_bisection() -> None:
    chain = LightChain()
    # Every block one of four is replaced; after four nobody of the first is left.
    sets = [keys(*range(first, first + 4)) for first in range(1, 12)]
    for now, after in itertools.pairwise(sets):
        chain.add(now, after)
    client = await begin(chain)
    chain.asked.clear()
    assert (await client.advance()).height == 10
    # Two of four are more than a third: headers two apart follow from each other, others are bisected.
    assert "commit 5" in chain.asked and client.trusted.hash == chain.hashes[10]


async def test_two_thirds_of_the_new_and_a_third_of_the_trusted_have_to_sign() -> None:
    for silent, good in (((), True), ((0,), True), ((0, 1), False), ((0, 1, 2), False)):
        chain = steady(4)
        chain.add(FOUR, FOUR, silent=silent)
        client = await begin(chain)
        if good:
            assert (await client.advance()).height == 5
        else:
            with pytest.raises(NotVerified):
                await client.advance()
            assert client.trusted.height < 5


async def test_validators_nobody_announced_are_refused() -> None:
    chain = steady(3)
    chain.add(keys(7, 8, 9), keys(7, 8, 9))
    client = await begin(chain)
    with pytest.raises(NotVerified, match="announced"):
        await client.advance()


async def test_what_a_node_may_lie_about() -> None:
    lies: list[tuple[Any, str]] = [
        (lambda c: c["header"].update(app_hash="AB" * 32), "another block"),
        (lambda c: c["header"].update(chain_id="other"), "of 'other'"),
        (lambda c: c["commit"]["signatures"].pop(), "3 votes of 4"),
        (lambda c: c["commit"].update(round=1), "signature"),
        (
            lambda c: c["commit"]["signatures"][0].update(signature=base64.b64encode(bytes(64)).decode()),
            "signature",
        ),
        (lambda c: c["commit"].pop("block_id"), "no signed header"),
    ]
    for lie, reason in lies:
        chain = steady(5)
        client = await begin(chain)
        lie(chain.commits[5])
        with pytest.raises(NotVerified, match=reason):
            await client.advance()
    chain = steady(5)
    client = await begin(chain)
    chain.sets[5] = keys(1, 2, 3)
    with pytest.raises(NotVerified, match="not those of its header"):
        await client.advance()


async def test_old_trust_and_headers_from_the_future() -> None:
    chain = steady(5)
    client = await begin(chain, period_s=30)
    with pytest.raises(NotVerified, match="too old"):
        await client.advance()
    client = await begin(chain, clock_ns=lambda: BEGIN_NS - 30 * 10**9)
    with pytest.raises(NotVerified, match="future"):
        await client.advance()
    chain.add(FOUR, FOUR, time_ns=BEGIN_NS)
    client = await begin(chain, 5)
    with pytest.raises(NotVerified, match="not after"):
        await client.advance()


async def test_balances_are_proven_present_and_absent() -> None:
    chain = steady()
    client = await begin(chain)
    await client.advance()
    found = await client.balance(ALICE, "uakt")
    assert (found.value, found.height) == (108, 9)
    assert (await client.balance(b"\6" * 20, "uakt")).value == 0
    for lie in (b"999999", b""):
        chain.answers["abci_query"] = lambda params, lie=lie: changed(chain.query(params), lie)
        with pytest.raises(Refused):
            await client.balance(ALICE, "uakt")
    chain.answers["abci_query"] = lambda params: {"response": {"value": "OTk5", "code": 0}}
    with pytest.raises(Refused):
        await client.balance(ALICE, "uakt")
    # A proof of another height, however true then.
    chain.answers["abci_query"] = lambda params: chain.query({**params, "height": "3"})
    with pytest.raises(Refused):
        await client.balance(ALICE, "uakt")


async def test_leases_and_escrow_lie_under_their_state() -> None:
    chain = LightChain()
    part = b"\x14" + ALICE + (5).to_bytes(8, "big") + b"\0\0\0\1\0\0\0\1" + b"\x14" + b"\x09" * 20
    lease, account = Lease(state=3, closed_on=7), AccountState(owner="me")  # type: ignore[arg-type]
    chain.add(
        FOUR,
        FOUR,
        writes=[
            ("market", b"\x13\x03" + part, lease.SerializeToString()),
            ("escrow", b"\x11\x02/deployment/me/5", account.SerializeToString()),
        ],
    )
    chain.add(FOUR, FOUR)
    client = await begin(chain, 2)
    assert (await client.lease(LEASE)).value == lease
    assert (await client.escrow("me", 5)).value == account
    assert (await client.lease(LEASE._replace(dseq=6))).value is None
    assert (await client.escrow("me", 55)).value is None


async def test_witnesses_are_compared() -> None:
    chain, fork = steady(5), steady(4)
    fork.add(FOUR, FOUR, time_ns=BEGIN_NS + 5 * 10**9 + 1)
    client = await begin(chain)
    await client.advance()
    assert await client.agrees(chain) and not await client.agrees(fork)  # type: ignore[arg-type]


def test_hashes_are_the_nodes() -> None:
    from light_chain import validator_set

    ours = [headers.Validator(each.public_key, each.power) for each in validator_set(FOUR)]
    assert headers.validators_hash(ours) == validator_set(FOUR).hash
    assert headers.validators_hash(ours[:3]) != validator_set(FOUR).hash
