"""Queries of the vault: status, holdings, pages of the ledger; and the vault in genesis documents."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.x.bme import abci, genesis, keys, types
from supercloud.chain.x.bme.keys import Record
from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from supercloud.testing.staked import StakedChain
from supercloud.types.errors import ChainError

AKT = 1_000_000
PENDING, EXECUTED, CANCELED = (f"ledger_record_status_{name}" for name in ("pending", "executed", "canceled"))


def busy(vault: Any) -> Any:
    """Three executed, one given back, two waiting."""
    here = vault()
    for who in ("alice", "bob", "carol"):
        here.mint(10 * AKT, who)
    here.mint(5)
    here.chain.block()
    here.burn(AKT, "bob")
    here.mint(20 * AKT, "carol")
    return here


def places(records: Any) -> list[tuple[str, int]]:
    return [(record.WhichOneof("record").partition("_")[0], record.id.sequence) for record in records]


def test_all_records_in_the_order_of_their_states(vault: Any) -> None:
    here = busy(vault)
    found = places(here.records())
    assert [kind for kind, _ in found] == ["pending"] * 2 + ["executed"] * 3 + ["canceled"]
    assert sorted(number for kind, number in found if kind == "executed") == [1, 2, 3]
    assert len(here.records(status=EXECUTED)) == 3
    bob = here.chain.text("bob")
    assert places(here.records(source=bob))[0][0] == "pending" and len(here.records(source=bob)) == 2
    assert len(here.records(denom="uact")) == 1 and len(here.records(to_denom="uact")) == 5


@pytest.mark.parametrize("reverse", [False, True])
def test_pages_lead_through_everything_once(vault: Any, reverse: bool) -> None:
    here = busy(vault)
    whole = here.ask("LedgerRecords", pagination=PageRequest(reverse=reverse)).records
    walked: list[Any] = []
    page = PageRequest(limit=1, reverse=reverse)
    for _ in range(len(whole)):
        answer = here.ask("LedgerRecords", pagination=page)
        walked += answer.records
        # The key knows the direction.
        page = PageRequest(limit=1, key=answer.pagination.next_key)
    assert places(walked) == places(whole) and not answer.pagination.next_key
    forth = places(here.records())
    assert places(whole) == (forth[::-1] if reverse else forth)


@pytest.mark.parametrize(
    "fields",
    [
        {"filters": {"status": "done"}},
        {"filters": {"source": "nobody"}},
        {"pagination": PageRequest(offset=1)},
        {"pagination": PageRequest(key=b"rubbish")},
    ],
)
def test_requests_that_are_refused(vault: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(ChainError) as caught:
        vault().ask("LedgerRecords", **fields)
    assert caught.value.grpc == 3


def test_status_answers_without_a_price_too(vault: Any) -> None:
    here = vault(price="")
    here.chain.block()
    found = here.ask("Status")
    assert (found.status, found.collateral_ratio) == (types.HALT_ORACLE, "0")
    assert (found.mints_allowed, found.refunds_allowed) == (False, False)
    assert (found.warn_threshold, found.halt_threshold) == (str(95 * 10**16), str(9 * 10**17))


def test_holdings_show_all_credit_that_circulates(vault: Any) -> None:
    here = busy(vault)
    shown = {coin.denom: int(coin.amount) for coin in here.ask("VaultState").vault_state.balances}
    assert shown == {"uact": here.supply("uact"), "uakt": here.holds("uakt")}


# Genesis.


def again(document: dict[str, Any], height: int) -> StakedChain:
    chain = StakedChain()
    chain.load(document, height)
    return chain


def test_an_imported_vault_goes_on(vault: Any) -> None:
    here = busy(vault)
    document = here.chain.export()
    other = again(document, here.chain.height)
    found = other.export()
    for name in ("bme", "bme_progress"):
        assert found[name] == document[name]
    assert other.violations() == []
    here.chain.block()
    other.block()
    assert other.export()["bme"] == here.chain.export()["bme"]


def test_a_document_of_the_network_begins_halted(vault: Any) -> None:
    here = busy(vault)
    document = here.chain.export()
    document["bme_progress"] = {}
    other = again(document, here.chain.height)
    status = other.k.bme.status(other.ctx())
    assert (status.status, status.epoch_height_diff) == (types.HALT_CR, 1)
    assert other.k.bme.due(other.ctx(), keys.MINT_DUE) == 1
    # What waits is counted although the network's document does not say how much it is.
    assert other.k.bme.amount(other.ctx(), keys.PENDING_BALANCES, "uakt") == 20 * AKT
    assert list(other.k.bme.canceled(other.ctx())) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d["bme"]["state"]["total_burned"].append({"denom": "uakt", "amount": "1"}),
        lambda d: d["bme"]["state"]["total_minted"][0].update(amount="-1"),
        lambda d: d["bme"]["ledger"]["pending_records"][0]["id"].update(denom="uusdc"),
        lambda d: d["bme"]["ledger"]["pending_records"][0]["id"].update(source="nobody"),
        lambda d: d["bme"]["ledger"]["pending_records"][0]["id"].update(height="-1"),
        lambda d: d["bme"]["ledger"]["pending_records"].append(d["bme"]["ledger"]["pending_records"][0]),
        lambda d: d["bme_progress"]["status"].update(status="mint_status_unspecified"),
    ],
)
def test_documents_that_do_not_fit_together_are_refused(vault: Any, spoil: Any) -> None:
    here = busy(vault)
    document = copy.deepcopy(here.chain.export())
    spoil(document)
    with pytest.raises((GenesisError, types.RecordExists)):
        again(document, here.chain.height)


def test_default_documents() -> None:
    document = genesis.default("uakt")
    assert document["state"]["remint_credits"] == [{"denom": "uakt", "amount": "0"}]
    assert genesis.default_progress()["canceled_records"] == []


# Invariants and keys.


def test_invariants_see_a_vault_that_is_short(vault: Any) -> None:
    here = busy(vault)
    assert here.chain.violations() == []
    ctx = here.chain.ctx()
    here.k.add_amount(ctx, keys.REMINT_CREDITS, "uakt", 10**15)
    assert any("credited" in words for words in here.chain.violations())
    here.k.add_amount(ctx, keys.REMINT_CREDITS, "uakt", -(10**15))
    here.k.add_amount(ctx, keys.PENDING_BALANCES, "uact", 1)
    assert any("counted as waiting" in words for words in here.chain.violations())


def test_invariants_see_a_queue_that_forgot_somebody(vault: Any) -> None:
    here = busy(vault)
    kv = here.chain.ctx().kv(keys.STORE)
    kv.delete(next(key for key, _ in kv.prefix(keys.QUEUE)))
    assert any("queue" in words for words in here.chain.violations())


def test_numbers_begin_anew_in_every_block(vault: Any) -> None:
    here = vault()
    here.mint(10 * AKT)
    ctx = here.chain.ctx()
    assert ctx.kv(keys.STORE).get(keys.SEQUENCE) == b"1"
    abci.begin_block(ctx, here.k)
    assert ctx.kv(keys.STORE).get(keys.SEQUENCE) is None


def test_keys() -> None:
    place = Record("uakt", "uact", b"\x07" * 20, 300, 2)
    part = keys.record_part(place)
    assert part.hex() == "0475616b74" + "0475616374" + "14" + "07" * 20 + f"{300:016x}" + f"{2:016x}"
    assert keys.parse_record(part) == place
    with pytest.raises(ValueError):
        keys.parse_record(part + b"\x00")
