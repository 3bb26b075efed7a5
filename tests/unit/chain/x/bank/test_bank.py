"""Balances and supply: messages, queries, switches, genesis.

Covers keeper, keys, types, msg_server, query_server and genesis.
"""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.x.bank import keys
from supercloud.chain.x.bank.msg_server import set_send_enabled, update_params
from supercloud.chain.x.bank.types import checked_address, default_params, validate_metadata
from supercloud.pb.cosmos.bank.v1beta1 import bank_pb2
from supercloud.pb.cosmos.bank.v1beta1 import query_pb2 as pb
from supercloud.pb.cosmos.bank.v1beta1 import tx_pb2 as tx
from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin as CoinPb
from supercloud.testing.ledger import RICHES, Ledger
from supercloud.types.address import module_address
from supercloud.types.coin import Coin
from supercloud.types.errors import ChainError, ProgrammerError

QUERY = "/cosmos.bank.v1beta1.Query/"


def coins(*amounts: tuple[str, str]) -> list[CoinPb]:
    return [CoinPb(denom=denom, amount=amount) for denom, amount in amounts]


def ask(ledger: Ledger, method: str, request: Any, response: Any) -> Any:
    answer = ledger.query(QUERY + method, request)
    assert answer.code == 0, answer.log
    return response.FromString(answer.value)


def test_keys_are_public() -> None:
    address = b"a" * 20
    assert keys.balance_key(address, "uakt") == b"\x02\x14" + address + b"uakt"
    assert keys.parse_balance_key(keys.balance_key(b"b" * 32, "uact")) == (b"b" * 32, "uact")
    assert keys.owner_key("uakt", address) == b"\x03uakt\x00" + address
    assert (keys.supply_key("u"), keys.metadata_key("u"), keys.send_enabled_key("u")) == (
        b"\x00u",
        b"\x01u",
        b"\x04u",
    )


@pytest.mark.parametrize(
    ("to", "amount", "space", "code", "words"),
    [
        ("bob", coins(("uakt", "5"), ("uusdc", "6")), "", 0, ""),
        ("self", coins(("uakt", "5")), "", 0, ""),
        ("nonsense1", coins(("uakt", "5")), "sdk", 7, "invalid to address: decoding bech32 failed"),
        ("bob", coins(), "sdk", 10, "message index: 0: invalid coins"),
        ("bob", coins(("uakt", "0")), "sdk", 10, "0uakt: invalid coins"),
        ("bob", coins(("uakt", "-1")), "sdk", 10, "-1uakt: invalid coins"),
        ("bob", coins(("uusdc", "1"), ("uakt", "1")), "sdk", 10, "1uusdc,1uakt: invalid coins"),
        ("bob", coins(("unknown", "1")), "sdk", 5, "spendable balance 0unknown is smaller than 1unknown"),
        ("escrow", coins(("uakt", "5")), "sdk", 4, "is not allowed to receive funds: unauthorized"),
        ("mint", coins(("uakt", "5")), "sdk", 4, "is not allowed to receive funds: unauthorized"),
    ],
)
def test_transfers(ledger: Ledger, to: str, amount: list[CoinPb], space: str, code: int, words: str) -> None:
    known = {"bob": ledger.bob.text, "self": ledger.alice.text}
    for module in ("escrow", "mint"):
        known[module] = ledger.profile.bech32.text(module_address(module))
    message = tx.MsgSend(from_address=ledger.alice.text, to_address=known.get(to, to), amount=amount)
    result = ledger.deliver(message, by=ledger.alice)
    assert (result.codespace, result.code) == (space, code)
    assert words in result.log
    assert ledger.app.keepers.bank.invariants(ledger.context()) == []


def multi(ledger: Ledger, inputs: list[Any], outputs: list[Any]) -> tx.MsgMultiSend:
    actors = {"alice": ledger.alice.text, "bob": ledger.bob.text, "carol": ledger.carol.text}
    actors["escrow"] = ledger.profile.bech32.text(module_address("escrow"))
    return tx.MsgMultiSend(
        inputs=[bank_pb2.Input(address=actors[name], coins=amount) for name, amount in inputs],
        outputs=[bank_pb2.Output(address=actors.get(name, name), coins=amount) for name, amount in outputs],
    )


FIVE, TWO, THREE = coins(("uakt", "5")), coins(("uakt", "2")), coins(("uakt", "3"))


@pytest.mark.parametrize(
    ("inputs", "outputs", "refusal"),
    [
        ([("alice", FIVE)], [("bob", TWO), ("carol", THREE)], ("", 0)),
        ([("alice", FIVE)], [("bob", FIVE)], ("", 0)),
        ([("alice", FIVE)], [], ("bank", 3)),
        ([("alice", FIVE)], [("bob", TWO)], ("bank", 4)),
        ([("alice", FIVE)], [("bob", coins())], ("sdk", 10)),
        ([("alice", FIVE)], [("nonsense1", FIVE)], ("sdk", 7)),
        ([("alice", FIVE)], [("escrow", FIVE)], ("sdk", 4)),
        ([("alice", coins(("none", "5")))], [("bob", coins(("none", "5")))], ("sdk", 5)),
    ],
)
def test_multi_sends(ledger: Ledger, inputs: list[Any], outputs: list[Any], refusal: tuple[str, int]) -> None:
    before = ledger.balance(ledger.bob), ledger.balance(ledger.carol)
    result = ledger.deliver(multi(ledger, inputs, outputs), by=ledger.alice)
    assert (result.codespace, result.code) == refusal
    gained = ledger.balance(ledger.bob) - before[0], ledger.balance(ledger.carol) - before[1]
    assert sum(gained) == (5 if refusal == ("", 0) else 0)


def test_one_input_is_the_rule(ledger: Ledger) -> None:
    message = multi(ledger, [("alice", FIVE), ("bob", FIVE)], [("carol", coins(("uakt", "10")))])
    result = ledger.deliver(message, by=[ledger.alice, ledger.bob])
    assert (result.codespace, result.code) == ("bank", 9)


def test_a_recipient_of_a_multi_send_gets_an_account(ledger: Ledger) -> None:
    erin = ledger.actor("erin")
    message = multi(ledger, [("alice", FIVE)], [(erin.text, FIVE)])
    result = ledger.deliver(message, by=ledger.alice)
    assert result.code == 0
    assert [event.type for event in result.events][-4:] == [
        "message",
        "coin_spent",
        "coin_received",
        "transfer",
    ]
    assert ledger.account(erin).address == erin.text


# --- Switches


def test_transfers_of_a_denom_can_be_switched_off(ledger: Ledger) -> None:
    ctx, keeper = ledger.context(), ledger.app.keepers.bank
    authority = ctx.bech32.text(module_address("gov"))
    switch = tx.MsgSetSendEnabled(
        authority=authority, send_enabled=[bank_pb2.SendEnabled(denom="uact", enabled=False)]
    )
    set_send_enabled(ctx, keeper, switch)
    keeper.require_send_enabled(ctx, [Coin("uakt", 1)])
    with pytest.raises(ChainError, match="uact transfers are currently disabled") as caught:
        keeper.require_send_enabled(ctx, [Coin("uact", 1)])
    assert (caught.value.codespace, caught.value.code) == ("bank", 5)
    update_params(ctx, keeper, tx.MsgUpdateParams(authority=authority, params=bank_pb2.Params()))
    with pytest.raises(ChainError, match="uakt transfers"):
        keeper.require_send_enabled(ctx, [Coin("uakt", 1)])
    update_params(ctx, keeper, tx.MsgUpdateParams(authority=authority, params=default_params()))
    set_send_enabled(ctx, keeper, tx.MsgSetSendEnabled(authority=authority, use_default_for=["uact"]))
    keeper.require_send_enabled(ctx, [Coin("uact", 1)])


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"send_enabled": [bank_pb2.SendEnabled(denom="uact")] * 2}, ("sdk", 18)),
        ({"send_enabled": [bank_pb2.SendEnabled(denom="!")]}, ("sdk", 18)),
        ({"use_default_for": ["!"]}, ("sdk", 18)),
        ({"authority": "stranger"}, ("gov", 13)),
    ],
)
def test_refused_switches(ledger: Ledger, change: dict[str, Any], refusal: tuple[str, int]) -> None:
    ctx = ledger.context()
    change = {"authority": ctx.bech32.text(module_address("gov")), **change}
    if change["authority"] == "stranger":
        change["authority"] = ledger.bob.text
    with pytest.raises(ChainError) as caught:
        set_send_enabled(ctx, ledger.app.keepers.bank, tx.MsgSetSendEnabled(**change))
    assert (caught.value.codespace, caught.value.code) == refusal


def test_parameters_hold_no_list(ledger: Ledger) -> None:
    ctx = ledger.context()
    params = bank_pb2.Params(send_enabled=[bank_pb2.SendEnabled(denom="uact")])
    message = tx.MsgUpdateParams(authority=ctx.bech32.text(ctx.authority), params=params)
    with pytest.raises(ChainError, match="no longer supported"):
        update_params(ctx, ledger.app.keepers.bank, message)


# --- Supply


def test_minting_and_burning_keep_supply_the_sum(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx, k = ledger.context(), ledger.app.keepers
    monkeypatch.setitem(k.auth.permissions, "escrow", ("minter", "burner"))
    k.bank.mint(ctx, "escrow", [Coin("unew", 10)])
    k.bank.burn(ctx, "escrow", [Coin("unew", 4)])
    assert (k.bank.supply(ctx, "unew"), k.bank.balance(ctx, module_address("escrow"), "unew")) == (6, 6)
    assert k.bank.invariants(ctx) == []
    k.bank.burn(ctx, "escrow", [Coin("unew", 6)])
    assert "unew" not in {coin.denom for coin in k.bank.supplies(ctx)}
    kinds = [event.type for event in ctx.events]
    assert kinds == ["coin_received", "coinbase", "coin_spent", "burn", "coin_spent", "burn"]
    for verb in (k.bank.mint, k.bank.burn):
        with pytest.raises(ProgrammerError, match="may not"):
            verb(ctx, "fee_collector", [Coin("uakt", 1)])


def test_coins_move_between_modules(ledger: Ledger) -> None:
    ctx, k = ledger.context(), ledger.app.keepers
    k.bank.send_to_module(ctx, ledger.alice.address, "escrow", [Coin("uakt", 9)])
    k.bank.send_between_modules(ctx, "escrow", "gov", [Coin("uakt", 4)])
    k.bank.send_from_module(ctx, "gov", ledger.bob.address, [Coin("uakt", 1)])
    held = [k.bank.balance(ctx, module_address(name), "uakt") for name in ("escrow", "gov")]
    assert held == [5, 3]
    assert k.bank.balance(ctx, ledger.bob.address, "uakt") == RICHES["uakt"] + 1


def test_a_balance_of_zero_is_forgotten(ledger: Ledger) -> None:
    ctx, bank = ledger.context(), ledger.app.keepers.bank
    bank.send(ctx, ledger.alice.address, b"n" * 20, [Coin("uakt", 9)])
    bank.send(ctx, b"n" * 20, ledger.alice.address, [Coin("uakt", 9)])
    kv = ctx.kv(keys.STORE)
    assert kv.get(keys.balance_key(b"n" * 20, "uakt")) is None
    assert kv.get(keys.owner_key("uakt", b"n" * 20)) is None


# --- Queries


def test_balances_and_owners(ledger: Ledger) -> None:
    bob = ledger.bob.text
    whole = ask(ledger, "AllBalances", pb.QueryAllBalancesRequest(address=bob), pb.QueryAllBalancesResponse)
    assert [(coin.denom, int(coin.amount)) for coin in whole.balances] == sorted(RICHES.items())
    request = pb.QueryAllBalancesRequest(
        address=bob, pagination=PageRequest(limit=1, count_total=True), resolve_denom=True
    )
    page = ask(ledger, "AllBalances", request, pb.QueryAllBalancesResponse)
    assert (page.balances[0].denom, page.pagination.next_key, page.pagination.total) == ("act", b"uakt", 3)
    request = pb.QueryAllBalancesRequest(address=bob, pagination=PageRequest(key=b"uakt"))
    rest = ask(ledger, "AllBalances", request, pb.QueryAllBalancesResponse)
    assert [coin.denom for coin in rest.balances] == ["uakt", "uusdc"]
    spendable = ask(
        ledger,
        "SpendableBalances",
        pb.QuerySpendableBalancesRequest(address=bob),
        pb.QuerySpendableBalancesResponse,
    )
    assert list(spendable.balances) == list(whole.balances)
    one = ask(
        ledger,
        "SpendableBalanceByDenom",
        pb.QuerySpendableBalanceByDenomRequest(address=bob, denom="none"),
        pb.QuerySpendableBalanceByDenomResponse,
    )
    assert (one.balance.denom, one.balance.amount) == ("none", "0")
    for method, kind in (
        ("DenomOwners", (pb.QueryDenomOwnersRequest, pb.QueryDenomOwnersResponse)),
        ("DenomOwnersByQuery", (pb.QueryDenomOwnersByQueryRequest, pb.QueryDenomOwnersByQueryResponse)),
    ):
        owners = ask(ledger, method, kind[0](denom="uusdc"), kind[1]).denom_owners
        assert sorted(owner.address for owner in owners) == sorted(
            actor.text for actor in (ledger.alice, ledger.bob, ledger.carol, ledger.dave)
        )
        assert {owner.balance.amount for owner in owners} == {str(RICHES["uusdc"])}


def test_supply_params_metadata_and_switches(ledger: Ledger) -> None:
    total = ask(ledger, "TotalSupply", pb.QueryTotalSupplyRequest(), pb.QueryTotalSupplyResponse)
    assert [coin.denom for coin in total.supply] == ["uact", "uakt", "uusdc"]
    of = ask(ledger, "SupplyOf", pb.QuerySupplyOfRequest(denom="uakt"), pb.QuerySupplyOfResponse)
    assert int(of.amount.amount) == 4 * RICHES["uakt"]
    params = ask(ledger, "Params", pb.QueryParamsRequest(), pb.QueryParamsResponse)
    assert params.params.default_send_enabled
    every = ask(ledger, "DenomsMetadata", pb.QueryDenomsMetadataRequest(), pb.QueryDenomsMetadataResponse)
    assert {each.base: each.display for each in every.metadatas} == {
        "uact": "act",
        "uakt": "akt",
        "uusdc": "usdc",
    }
    one = ask(
        ledger,
        "DenomMetadataByQueryString",
        pb.QueryDenomMetadataByQueryStringRequest(denom="uact"),
        pb.QueryDenomMetadataByQueryStringResponse,
    )
    request = pb.QueryDenomMetadataRequest(denom="uact")
    assert one.metadata == ask(ledger, "DenomMetadata", request, pb.QueryDenomMetadataResponse).metadata
    none = ask(ledger, "SendEnabled", pb.QuerySendEnabledRequest(), pb.QuerySendEnabledResponse)
    assert not none.send_enabled
    assert none.HasField("pagination")
    some = ask(
        ledger, "SendEnabled", pb.QuerySendEnabledRequest(denoms=["uakt"]), pb.QuerySendEnabledResponse
    )
    assert not some.HasField("pagination")


@pytest.mark.parametrize(
    ("method", "request_", "code", "words"),
    [
        (
            "Balance",
            pb.QueryBalanceRequest(address="nonsense1", denom="uakt"),
            18,
            "invalid address: decoding",
        ),
        ("AllBalances", pb.QueryAllBalancesRequest(), 18, "invalid address: empty address string"),
        ("SupplyOf", pb.QuerySupplyOfRequest(denom="!"), 18, "invalid denom: !"),
        ("DenomMetadata", pb.QueryDenomMetadataRequest(denom="none"), 22, "client metadata for denom none"),
        ("DenomOwners", pb.QueryDenomOwnersRequest(), 18, "invalid denom: "),
    ],
)
def test_refused_queries(ledger: Ledger, method: str, request_: Any, code: int, words: str) -> None:
    answer = ledger.query(QUERY + method, request_)
    assert answer.code == code
    assert words in answer.log


# --- Types and genesis


def test_addresses_are_named_in_refusals(ledger: Ledger) -> None:
    with pytest.raises(ChainError, match=r"invalid from address: .*: invalid address"):
        checked_address(ledger.profile.bech32, "nonsense1", "from")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", " ", "name field cannot be blank"),
        ("symbol", "", "symbol field cannot be blank"),
        ("base", "!", "invalid metadata base denom"),
        ("display", "!", "invalid metadata display denom"),
        ("display", "other", "must contain a denomination unit with the display denom"),
        ("base", "other", "the first denomination unit must be the base"),
    ],
)
def test_metadata_must_make_sense(ledger: Ledger, field: str, value: str, words: str) -> None:
    metadata = ledger.app.keepers.bank.metadata(ledger.context(), "uakt")
    assert metadata is not None
    assert validate_metadata(metadata) is None
    setattr(metadata, field, value)
    assert words in (validate_metadata(metadata) or "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda bank: bank["denom_metadata"].append(bank["denom_metadata"][0]), "given twice"),
        (lambda bank: bank["denom_metadata"][0].update(name=""), "name field"),
        (lambda bank: bank["send_enabled"].extend([{"denom": "uakt", "enabled": True}] * 2), "given twice"),
        (lambda bank: bank["balances"][0].update(address="nonsense1"), "nonsense1"),
        (lambda bank: bank["balances"][0]["coins"][0].update(amount="-1"), "invalid coins"),
    ],
)
def test_strange_documents_are_refused(change: Any, words: str) -> None:
    ledger = Ledger(start=False)
    state = ledger.genesis({"alice": {"uakt": 1}})
    change(state["bank"])
    with pytest.raises(GenesisError, match=words):
        ledger.init(state)


def test_switches_survive_export_and_import() -> None:
    ledger = Ledger(start=False)
    state = ledger.genesis({"alice": {"uakt": 1}})
    state["bank"]["send_enabled"] = [{"denom": "uact", "enabled": False}]
    ledger.init(state)
    assert ledger.app.export_state()["bank"]["send_enabled"] == [{"denom": "uact", "enabled": False}]
