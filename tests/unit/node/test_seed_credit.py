"""Genesis of networks with dollar credit: a seed price for one machine, the profile that takes credit alone."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import orjson
import pytest

from supercloud.chain.app import default_genesis, violations
from supercloud.chain.baseapp.context import Profile
from supercloud.node import genesis
from supercloud.node.home import init_home
from supercloud.pb.akash.base.deposit.v1 import deposit_pb2
from supercloud.pb.akash.base.resources.v1beta4.resources_pb2 import Resources
from supercloud.pb.akash.bme.v1.msgs_pb2 import MsgBurnACT, MsgMintACT
from supercloud.pb.akash.deployment.v1beta4.deploymentmsg_pb2 import MsgCreateDeployment
from supercloud.pb.akash.market.v1beta5.bidmsg_pb2 import MsgCreateBid
from supercloud.pb.akash.market.v1beta5.leasemsg_pb2 import MsgCreateLease, MsgWithdrawLease
from supercloud.pb.akash.oracle.v2.msgs_pb2 import MsgAddPriceEntry
from supercloud.pb.akash.provider.v1beta4.msg_pb2 import MsgCreateProvider
from supercloud.pb.cosmos.auth.v1beta1.auth_pb2 import ModuleAccount
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin as WireCoin
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import DecCoin
from supercloud.testing.ledger import Actor, Ledger, stamp
from supercloud.types.address import module_address
from supercloud.types.coin import Coin
from supercloud.types.dec import Dec

ROOT = Path(__file__).resolve().parents[3]
PROFILE = ROOT / "examples" / "genesis" / "uact-only.json"
AKT = 1_000_000
FEE = 5_000


def started(folder: Path, *, profile: bool = False, seeded: bool = True, credit: int = 0) -> Ledger:
    """A chain from the document that `init_home` writes; alice, bob and carol have tokens, carol reports prices."""
    ledger = Ledger(start=False)
    funds = {actor.address: [Coin("uakt", 10**12)] for actor in (ledger.alice, ledger.bob, ledger.carol)}
    if credit:
        funds[ledger.dave.address] = [Coin("uact", credit)]
    document = init_home(
        folder / "home",
        funds=funds,
        patch=orjson.loads(PROFILE.read_bytes()) if profile else None,
        time_ns=ledger.time,
        price_source=ledger.carol.address if seeded else None,
    ).document
    ledger.start_chain(document["app_state"])
    ledger.block()
    return ledger


def mint(who: Actor, amount: int) -> MsgMintACT:
    return MsgMintACT(owner=who.text, to=who.text, coins_to_burn=WireCoin(denom="uakt", amount=str(amount)))


def group(message: MsgCreateDeployment, denom: str) -> None:
    spec = message.groups.add(name="web")
    spec.requirements.SetInParent()
    unit = Resources(id=1)
    unit.cpu.units.val, unit.memory.quantity.val, unit.gpu.units.val = b"100", b"%d" % (1 << 29), b"0"
    unit.storage.add(name="default").quantity.val = b"%d" % (1 << 29)
    spec.resources.add(resource=unit, count=1).price.CopyFrom(price(denom, 1000))


def price(denom: str, amount: int) -> Any:
    return DecCoin(denom=denom, amount=Dec.of(amount).to_wire())


def deposit(denom: str, amount: int = 5_000_000) -> deposit_pb2.Deposit:
    coin = WireCoin(denom=denom, amount=str(amount))
    return deposit_pb2.Deposit(amount=coin, sources=[deposit_pb2.balance])


def create(who: Actor, dseq: int, denom: str) -> MsgCreateDeployment:
    message = MsgCreateDeployment(hash=hashlib.sha256(b"m").digest(), deposit=deposit(denom))
    message.id.owner, message.id.dseq = who.text, dseq
    group(message, denom)
    return message


def test_credit_is_minted_in_the_block_that_asks_for_it(tmp_path: Path) -> None:
    ledger = started(tmp_path)
    assert ledger.deliver(mint(ledger.alice, 100 * AKT), by=ledger.alice).code == 0
    # One dollar a token; 25 basis points stay in the vault.
    assert ledger.balance(ledger.alice, "uact") == 99_750_000
    burn = MsgBurnACT(owner=ledger.alice.text, to=ledger.alice.text)
    burn.coins_to_burn.denom, burn.coins_to_burn.amount = "uact", str(99_750_000)
    before = ledger.balance(ledger.alice)
    result = ledger.deliver(burn, by=ledger.alice)
    assert result.code == 0
    assert ledger.balance(ledger.alice) == before + 99_750_000 - FEE
    assert violations(ledger.context(), ledger.app.keepers) == []


def test_the_seed_price_holds_until_the_source_reports_another(tmp_path: Path) -> None:
    ledger = started(tmp_path)
    ledger.block(seconds=300 * 86_400)
    assert ledger.deliver(mint(ledger.alice, 10 * AKT), by=ledger.alice).code == 0
    report = MsgAddPriceEntry(signer=ledger.carol.text, price=Dec.from_text("2.5").to_wire())
    report.id.denom, report.id.base_denom = "akt", "usd"
    report.timestamp.CopyFrom(stamp(ledger.time))
    assert ledger.deliver(report, by=ledger.alice).code != 0
    assert ledger.deliver(report, by=ledger.carol).code == 0
    ledger.blocks(2)
    before = ledger.balance(ledger.alice, "uact")
    ledger.deliver(mint(ledger.alice, 10 * AKT), by=ledger.alice)
    assert ledger.balance(ledger.alice, "uact") - before == 24_937_500


def test_the_vault_covers_credit_that_is_given_at_the_start(tmp_path: Path) -> None:
    ledger = started(tmp_path, credit=7 * 10**12)
    vault = module_address("bme")
    assert ledger.app.keepers.bank.balance(ledger.context(), vault, "uakt") == 14 * 10**12
    assert ledger.app.keepers.bme.collateral_ratio(ledger.context()) == Dec.of(2)
    assert ledger.deliver(mint(ledger.alice, 100 * AKT), by=ledger.alice).code == 0
    # The module's account is of a module's kind.
    found = ledger.app.keepers.auth.account(ledger.context(), vault)
    assert found is not None and isinstance(found.record, ModuleAccount)


def test_a_public_network_begins_without_a_price(tmp_path: Path) -> None:
    ledger = started(tmp_path, seeded=False)
    refused = ledger.deliver(mint(ledger.alice, 100 * AKT), by=ledger.alice)
    assert (refused.codespace, refused.code) == ("oracle.v2", 4)


def test_the_profile_takes_credit_alone(tmp_path: Path) -> None:
    ledger = started(tmp_path, profile=True)
    alice, bob = ledger.alice, ledger.bob
    ledger.deliver(mint(alice, 100 * AKT), by=alice)
    ledger.deliver(mint(bob, 100 * AKT), by=bob)
    assert ledger.deliver(create(alice, 1, "uakt"), by=alice).code != 0
    assert ledger.deliver(create(alice, 1, "uact"), by=alice).code == 0
    send = MsgSend(from_address=alice.text, to_address=bob.text)
    send.amount.add(denom="uact", amount="1")
    refused = ledger.deliver(send, by=alice)
    assert (refused.codespace, refused.code) == ("bank", 5)
    # Mint, deploy, bid, lease, earn, burn: what a tenant and a provider do on the public network.
    provider = MsgCreateProvider(owner=bob.text, host_uri="https://provider.example:8443")
    assert ledger.deliver(provider, by=bob).code == 0
    bid = MsgCreateBid(price=price("uact", 500), deposit=deposit("uact", 500_000))
    bid.id.owner, bid.id.dseq, bid.id.gseq, bid.id.oseq, bid.id.provider = alice.text, 1, 1, 1, bob.text
    offer = bid.resources_offer.add(count=1)
    offer.resources.CopyFrom(create(alice, 1, "uact").groups[0].resources[0].resource)
    assert ledger.deliver(bid, by=bob).code == 0
    assert ledger.deliver(MsgCreateLease(bid_id=bid.id), by=alice).code == 0
    ledger.blocks(99)
    before = ledger.balance(bob, "uact")
    withdraw = MsgWithdrawLease()
    for name in ("owner", "dseq", "gseq", "oseq", "provider"):
        setattr(withdraw.id, name, getattr(bid.id, name))
    assert ledger.deliver(withdraw, by=bob).code == 0
    assert ledger.balance(bob, "uact") - before == 50_000
    tokens = ledger.balance(bob)
    burn = MsgBurnACT(owner=bob.text, to=bob.text)
    burn.coins_to_burn.denom, burn.coins_to_burn.amount = "uact", "50000"
    assert ledger.deliver(burn, by=bob).code == 0
    assert ledger.balance(bob) == tokens + 50_000 - FEE
    assert violations(ledger.context(), ledger.app.keepers) == []


def test_coins_for_a_module_make_no_account_of_a_person() -> None:
    bech32 = Profile().bech32
    state: dict[str, Any] = {}
    genesis.fund(state, {module_address("bme"): [Coin("uakt", 5)]}, bech32)
    assert state["auth"]["accounts"] == []
    assert state["bank"]["balances"] == [
        {"address": bech32.text(module_address("bme")), "coins": [{"denom": "uakt", "amount": "5"}]}
    ]


@pytest.mark.parametrize("native", ["uakt", "ucloud"])
def test_a_seed_is_in_the_networks_own_token(native: str) -> None:
    profile = Profile(native_denom=native)
    document = genesis.build("c", 1_800_000_000 * 10**9, [], default_genesis(profile, {}))
    genesis.seed_credit(document, b"\x01" * 20, {}, profile)
    oracle = document["app_state"]["oracle"]
    assert oracle["prices"][0]["id"]["denom"] == native[1:]
    (vault,) = document["app_state"]["bank"]["balances"]
    assert vault["coins"] == [{"denom": native, "amount": str(genesis.SEED_VAULT)}]
