"""Accounts: numbers, modules, queries, parameters, genesis.

Covers keeper, keys, types, msg_server, query_server, genesis and abci.
"""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.x.auth import keys
from supercloud.chain.x.auth.abci import pre_block
from supercloud.chain.x.auth.msg_server import update_params
from supercloud.chain.x.auth.types import (
    PRUNED_PER_BLOCK_MAX,
    decode_account,
    default_params,
    validate_params,
)
from supercloud.pb.cosmos.auth.v1beta1 import auth_pb2
from supercloud.pb.cosmos.auth.v1beta1 import query_pb2 as pb
from supercloud.pb.cosmos.auth.v1beta1.tx_pb2 import MsgUpdateParams
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.testing.ledger import Ledger
from supercloud.types.address import module_address
from supercloud.types.errors import ChainError

QUERY = "/cosmos.auth.v1beta1.Query/"


def ask(ledger: Ledger, method: str, request: Any, response: Any) -> Any:
    answer = ledger.query(QUERY + method, request)
    assert answer.code == 0, answer.log
    return response.FromString(answer.value)


def test_keys_are_public() -> None:
    assert keys.account_key(b"a" * 20) == b"\x01" + b"a" * 20
    assert keys.number_key(258) == b"accountNumber\x00\x00\x00\x00\x00\x00\x01\x02"
    assert keys.timestamp_key(1, b"a") == b"\x5a" + bytes(7) + b"\x01a"
    assert keys.timestamps_end(2) > keys.timestamp_key(1, b"\xff" * 32)


def test_an_account_appears_with_its_first_coins_and_its_key_with_its_first_signature(ledger: Ledger) -> None:
    erin = ledger.actor("erin")
    assert ledger.account(erin).address == ""
    coins = [Coin(denom="uakt", amount="90000")]
    ledger.deliver(
        MsgSend(from_address=ledger.alice.text, to_address=erin.text, amount=coins), by=ledger.alice
    )
    account = ledger.account(erin)
    numbers = len(ledger.app.keepers.auth.permissions) + 4
    assert (account.address, account.account_number, account.sequence) == (erin.text, numbers, 0)
    assert not account.HasField("pub_key")
    coins = [Coin(denom="uakt", amount="1")]
    ledger.deliver(MsgSend(from_address=erin.text, to_address=erin.text, amount=coins), by=erin)
    account = ledger.account(erin)
    assert (account.sequence, account.pub_key) == (1, erin.public_key())


def test_queries_of_one_account(ledger: Ledger) -> None:
    bob = ledger.bob.text
    packed = ask(ledger, "Account", pb.QueryAccountRequest(address=bob), pb.QueryAccountResponse).account
    assert packed.type_url == "/cosmos.auth.v1beta1.BaseAccount"
    base = auth_pb2.BaseAccount.FromString(packed.value)
    info = ask(ledger, "AccountInfo", pb.QueryAccountInfoRequest(address=bob), pb.QueryAccountInfoResponse)
    assert info.info == base
    by_id = ask(
        ledger,
        "AccountAddressByID",
        pb.QueryAccountAddressByIDRequest(account_id=base.account_number),
        pb.QueryAccountAddressByIDResponse,
    )
    assert by_id.account_address == bob


def test_lists_of_accounts(ledger: Ledger) -> None:
    page = PageRequest(limit=3, count_total=True)
    found = ask(ledger, "Accounts", pb.QueryAccountsRequest(pagination=page), pb.QueryAccountsResponse)
    modules = ledger.app.keepers.auth.permissions
    assert (len(found.accounts), found.pagination.total) == (3, 4 + len(modules))
    found = ask(ledger, "ModuleAccounts", pb.QueryModuleAccountsRequest(), pb.QueryModuleAccountsResponse)
    names = [auth_pb2.ModuleAccount.FromString(each.value).name for each in found.accounts]
    assert names == sorted(modules)
    one = ask(
        ledger,
        "ModuleAccountByName",
        pb.QueryModuleAccountByNameRequest(name="escrow"),
        pb.QueryModuleAccountByNameResponse,
    )
    escrow = auth_pb2.ModuleAccount.FromString(one.account.value)
    assert escrow.base_account.address == "akash14pphss726thpwws3yc458hggufynm9x77l4l2u"


def test_addresses_there_and_back(ledger: Ledger) -> None:
    prefix = ask(ledger, "Bech32Prefix", pb.Bech32PrefixRequest(), pb.Bech32PrefixResponse)
    assert prefix.bech32_prefix == "akash"
    request = pb.AddressBytesToStringRequest(address_bytes=ledger.bob.address)
    text = ask(ledger, "AddressBytesToString", request, pb.AddressBytesToStringResponse).address_string
    request = pb.AddressStringToBytesRequest(address_string=text)
    back = ask(ledger, "AddressStringToBytes", request, pb.AddressStringToBytesResponse)
    assert (text, back.address_bytes) == (ledger.bob.text, ledger.bob.address)


@pytest.mark.parametrize(
    ("method", "request_", "code", "words"),
    [
        ("Account", pb.QueryAccountRequest(), 18, "Address cannot be empty"),
        ("AccountInfo", pb.QueryAccountInfoRequest(), 18, "address cannot be empty"),
        ("Account", pb.QueryAccountRequest(address="nonsense1"), 18, "decoding bech32 failed"),
        ("AccountAddressByID", pb.QueryAccountAddressByIDRequest(id=1), 18, "isn't supported"),
        ("AccountAddressByID", pb.QueryAccountAddressByIDRequest(account_id=99), 22, "account number 99"),
        ("ModuleAccountByName", pb.QueryModuleAccountByNameRequest(), 18, "module name is empty"),
        ("ModuleAccountByName", pb.QueryModuleAccountByNameRequest(name="x"), 22, "account x not found"),
        ("AddressBytesToString", pb.AddressBytesToStringRequest(), 18, "empty address bytes"),
        ("AddressStringToBytes", pb.AddressStringToBytesRequest(), 18, "empty address string"),
    ],
)
def test_refused_queries(ledger: Ledger, method: str, request_: Any, code: int, words: str) -> None:
    answer = ledger.query(QUERY + method, request_)
    assert answer.code == code
    assert words in answer.log


def test_only_the_authority_changes_parameters(ledger: Ledger) -> None:
    ctx, keeper = ledger.context(), ledger.app.keepers.auth
    params = default_params()
    params.max_memo_characters = 9
    with pytest.raises(
        ChainError, match="expected gov account as only signer for proposal message"
    ) as caught:
        update_params(ctx, keeper, MsgUpdateParams(authority=ledger.alice.text, params=params))
    assert (caught.value.codespace, caught.value.code) == ("undefined", 1)
    authority = ctx.bech32.text(module_address("gov"))
    update_params(ctx, keeper, MsgUpdateParams(authority=authority, params=params))
    assert keeper.params(ctx).max_memo_characters == 9


@pytest.mark.parametrize("field", [field.name for field in auth_pb2.Params.DESCRIPTOR.fields])
def test_every_parameter_is_positive(field: str) -> None:
    params = default_params()
    validate_params(params)
    setattr(params, field, 0)
    with pytest.raises(ChainError, match=r"invalid .*: 0"):
        validate_params(params)


def test_pruning_is_bounded_per_block(ledger: Ledger) -> None:
    ctx, keeper = ledger.context(), ledger.app.keepers.auth
    for number in range(PRUNED_PER_BLOCK_MAX + 1):
        ctx.kv(keys.STORE).set(keys.timestamp_key(number, b"a" * 20), keys.PRESENT)
    pre_block(ctx, keeper)
    assert len(list(ctx.kv(keys.STORE).prefix(keys.TIMESTAMP_PREFIX))) == 1
    pre_block(ctx, keeper)
    assert not list(ctx.kv(keys.STORE).prefix(keys.TIMESTAMP_PREFIX))


def test_stored_accounts_read_back(ledger: Ledger) -> None:
    account = ledger.app.keepers.auth.account(ledger.context(), module_address("gov"))
    assert account is not None
    again = decode_account(account.address, account.encode())
    assert (again.url, again.record) == (account.url, account.record)


def test_repeated_account_numbers_get_the_lowest_free_ones() -> None:
    ledger = Ledger(start=False)
    state = ledger.genesis({name: {"uakt": 1} for name in ("alice", "bob", "carol")})
    for account, number in zip(state["auth"]["accounts"], ("0", "0", "2"), strict=True):
        account["account_number"] = number
    ledger.init(state)
    numbers = [ledger.account(actor).account_number for actor in (ledger.alice, ledger.bob, ledger.carol)]
    assert numbers == [0, 1, 2]


@pytest.mark.parametrize(
    ("account", "words"),
    [
        ({"@type": "/cosmos.auth.v1beta1.BaseAccount", "address": "nonsense1"}, "nonsense1"),
        ({"@type": "/cosmos.bank.v1beta1.MsgSend"}, "unknown kind of account"),
    ],
)
def test_strange_accounts_are_refused(account: dict[str, Any], words: str) -> None:
    ledger = Ledger(start=False)
    state = ledger.genesis({"alice": {"uakt": 1}})
    state["auth"]["accounts"].append(account)
    with pytest.raises(GenesisError, match=words):
        ledger.init(state)
