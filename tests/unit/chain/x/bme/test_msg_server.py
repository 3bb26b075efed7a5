"""The vault's messages: who may, what is refused and with which code."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.x.bme import msg_server, types
from supercloud.pb.akash.bme.v1 import msgs_pb2
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin as WireCoin
from supercloud.testing.staked import PURSE, attributes
from supercloud.types.address import module_address
from supercloud.types.errors import Undefined


def coin(amount: int | str, denom: str = "uakt") -> WireCoin:
    return WireCoin(denom=denom, amount=str(amount))


def swap(here: Any, given: WireCoin, to_denom: str, **more: str) -> msgs_pb2.MsgBurnMint:
    text = here.chain.text("alice")
    return msgs_pb2.MsgBurnMint(
        **{"owner": text, "to": text, "coins_to_burn": given, "denom_to_mint": to_denom, **more}
    )


@pytest.mark.parametrize(
    ("given", "to_denom", "refusal"),
    [
        (coin(1, "uusdc"), "uact", ("bme", 9)),
        (coin(1), "uusdc", ("bme", 9)),
        (coin(1), "uakt", ("bme", 9)),
        (coin(1), "!", ("bme", 9)),
        (coin(0), "uact", ("bme", 8)),
        (coin("x"), "uact", ("sdk", 10)),
        (coin(-1), "uact", ("sdk", 10)),
        (coin(2**256), "uact", ("sdk", 10)),
        (coin(1, "!"), "uact", ("sdk", 10)),
        (coin(PURSE + 1), "uact", ("sdk", 5)),
        (coin(1, "uact"), "uakt", ("sdk", 5)),
    ],
)
def test_conversions_that_are_refused(
    vault: Any, given: WireCoin, to_denom: str, refusal: tuple[str, int]
) -> None:
    here = vault()
    assert here.refused(swap(here, given, to_denom)) == refusal


def test_a_conversion_is_paid_to_whoever_gives(vault: Any) -> None:
    here = vault()
    assert here.refused(swap(here, coin(1), "uact", to=here.chain.text("bob"))) == ("bme", 3)
    assert here.refused(swap(here, coin(1), "uact", owner="nobody")) == ("sdk", 7)
    assert here.refused(swap(here, coin(1), "uact", to="nobody")) == ("sdk", 7)


def test_without_a_price_nothing_is_queued(vault: Any) -> None:
    here = vault(price="")
    assert here.refused(swap(here, coin(1), "uact")) == ("oracle.v2", 4)


def test_the_answer_names_the_record(vault: Any) -> None:
    here = vault()
    ctx, text = here.chain.ctx(), here.chain.text("alice")
    answers = [
        msg_server.burn_mint(ctx, here.k, swap(here, coin(10**7), "uact")),
        msg_server.mint_act(ctx, here.k, msgs_pb2.MsgMintACT(owner=text, to=text, coins_to_burn=coin(10**7))),
    ]
    assert [(answer.id.denom, answer.id.to_denom, answer.id.sequence) for answer in answers] == [
        ("uakt", "uact", 1),
        ("uakt", "uact", 2),
    ]
    assert {(answer.id.source, answer.id.height) for answer in answers} == {(text, here.chain.height)}
    here.chain.block()
    again = msg_server.burn_act(
        here.chain.ctx(), here.k, msgs_pb2.MsgBurnACT(owner=text, to=text, coins_to_burn=coin(5, "uact"))
    )
    assert (again.id.denom, again.id.sequence) == ("uact", 1)


def fund(here: Any, amount: WireCoin, source: str, authority: str | None = None) -> msgs_pb2.MsgFundVault:
    by = here.chain.bech32.text(here.chain.profile.authority) if authority is None else authority
    return msgs_pb2.MsgFundVault(authority=by, amount=amount, source=source)


def test_only_a_vote_fills_the_vault_and_only_with_tokens_of_people(vault: Any) -> None:
    here = vault(funds=0)
    alice, text = here.chain.text("alice"), here.chain.bech32.text
    assert here.refused(fund(here, coin(1), alice, alice)) == ("gov", 13)
    assert here.refused(fund(here, coin(1), alice, "nobody")) == ("bme", 3)
    assert here.refused(fund(here, coin(0), alice)) == ("bme", 8)
    assert here.refused(fund(here, coin(1, "uusdc"), alice)) == ("bme", 9)
    assert here.refused(fund(here, coin(1), "nobody")) == ("sdk", 7)
    assert here.refused(fund(here, coin(1), text(b"\x09" * 20))) == ("bme", 10)
    assert here.refused(fund(here, coin(1), text(module_address("distribution")))) == ("bme", 10)
    assert here.refused(fund(here, coin(PURSE + 1), alice)) == ("sdk", 5)
    events = here.chain.send(fund(here, coin(500), alice))
    assert here.holds("uakt") == 500
    (told,) = attributes(events, "akash.bme.v1.EventVaultFunded")
    assert told["new_vault_balance"] == '{"denom":"uakt","amount":"500"}'


def test_only_the_authority_changes_parameters(vault: Any) -> None:
    here = vault()
    params = types.default_params()
    alice = here.chain.text("alice")
    assert here.refused(msgs_pb2.MsgUpdateParams(authority=alice, params=params)) == ("gov", 13)
    authority = here.chain.bech32.text(here.chain.profile.authority)
    here.chain.send(msgs_pb2.MsgUpdateParams(authority=authority, params=params))
    assert here.ask("Params").params == params
    params.min_epoch_blocks = 0
    assert here.refused(msgs_pb2.MsgUpdateParams(authority=authority, params=params)) == ("undefined", 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("circuit_breaker_warn_threshold", 10_001),
        ("circuit_breaker_warn_threshold", 9_000),
        ("circuit_breaker_halt_threshold", 9_500),
        ("min_epoch_blocks", 0),
        ("min_epoch_blocks", -1),
        ("epoch_blocks_backoff_percent", 101),
        ("mint_spread_bps", 1_001),
        ("settle_spread_bps", 1_001),
        ("max_endblocker_records", 0),
    ],
)
def test_parameters_that_mean_nothing_are_refused(name: str, value: int) -> None:
    params = types.default_params()
    types.check_params(params)
    setattr(params, name, value)
    with pytest.raises(Undefined):
        types.check_params(params)


@pytest.mark.parametrize("bad", [coin(1, "!"), coin("x", "uact"), coin(7, "uact")])
def test_least_mints_are_coins_each_once(bad: WireCoin) -> None:
    params = types.default_params()
    params.min_mint.append(bad)
    with pytest.raises(Undefined, match="min_mint"):
        types.check_params(params)
    assert types.min_mint(types.default_params(), "uact") == 10_000_000
    assert types.min_mint(types.default_params(), "uakt") == 0


def test_a_chain_that_began_before_there_were_vaults_goes_on_without(vault: Any) -> None:
    here = vault()
    for store in ("bme", "oracle"):
        kv = here.chain.ctx().kv(store)
        for key, _ in list(kv.prefix(b"")):
            kv.delete(key)
    here.chain.block(3, seconds=3601)
    assert here.refused(swap(here, coin(10**7), "uact")) == ("oracle.v2", 4)
    assert here.k.stand_in(here.chain.ctx()) is None
    assert not here.k.exists(here.chain.ctx())
