"""How a genesis document comes about that several people found a network with, in the network's own form.

One person adds the accounts (`add_account`) and hands the document round; each founder signs a transaction that makes
a validator (`found`); the transactions are put into the document (`collect`), and everybody who gets it checks it
(`validate`) and starts from it. The state machine executes the transactions before the first block.

Nothing here starts anything; all functions but `validate` and `validator_keys` work on the document alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp

from supercloud.chain.app import GENESIS_ORDER, Options, build_app, default_genesis
from supercloud.chain.baseapp import founding
from supercloud.chain.baseapp.context import Profile
from supercloud.chain.baseapp.genesis import GenesisError as StateError
from supercloud.chain.store.backend import MemoryBackend
from supercloud.chain.x.auth import vesting
from supercloud.codec import registry, sign_doc
from supercloud.codec.json import to_dict
from supercloud.crypto.secp256k1 import PrivateKey
from supercloud.node import genesis as genesis_document
from supercloud.node.engine import signer as keys
from supercloud.node.genesis import Document, Genesis, GenesisError
from supercloud.node.home import Home
from supercloud.node.runtime import loading
from supercloud.pb.cosmos.crypto.ed25519.keys_pb2 import PubKey as ConsensusKey
from supercloud.pb.cosmos.crypto.secp256k1.keys_pb2 import PubKey
from supercloud.pb.cosmos.staking.v1beta1 import staking_pb2
from supercloud.pb.cosmos.staking.v1beta1.tx_pb2 import MsgCreateValidator
from supercloud.pb.cosmos.tx.signing.v1beta1 import signing_pb2
from supercloud.pb.cosmos.tx.v1beta1 import tx_pb2
from supercloud.pb.cosmos.vesting.v1beta1 import vesting_pb2
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.types.address import Bech32
from supercloud.types.coin import Coin, sorted_coins
from supercloud.types.dec import Dec
from supercloud.types.errors import ChainError

GAS = 200_000
"""Gas limit of a founder's transaction; nothing is charged before the first block."""
_WRITTEN_PREFIX = "akash"
_WINDOWS = ("min_reclamation_window", "max_reclamation_window")
_ANEW = ("take", "bme", "oracle")
"""Modules that a document may lack or hold in an older form; nobody's coins depend on what they remember."""
_ALWAYS_KNOWN = (founding.NAME, "vesting")


# --- Accounts


@dataclass(frozen=True)
class Schedule:
    """When coins of a new account become free. Times are seconds since 1970; exactly one way is chosen."""

    coins: Sequence[Coin] = ()
    start: int = 0
    """With an end: evenly between the two; with periods: when the first begins."""
    end: int = 0
    """Without a start: all at once then."""
    periods: Sequence[tuple[int, Sequence[Coin]]] = ()
    """Seconds and the coins that are free after them, one period after the other."""
    locked: bool = False
    """Never."""

    def record(self) -> Any:
        """The vesting account's record, without its base. Raises GenesisError."""
        base = vesting_pb2.BaseVestingAccount(
            original_vesting=[coin.to_pb() for coin in self.total()], end_time=self.end
        )
        if self.locked:
            made: Any = vesting_pb2.PermanentLockedAccount(base_vesting_account=base)
        elif self.periods:
            base.end_time = self.start + sum(length for length, _ in self.periods)
            made = vesting_pb2.PeriodicVestingAccount(base_vesting_account=base, start_time=self.start)
            for length, coins in self.periods:
                made.vesting_periods.add(length=length, amount=[coin.to_pb() for coin in coins])
        elif self.start:
            made = vesting_pb2.ContinuousVestingAccount(base_vesting_account=base, start_time=self.start)
        else:
            made = vesting_pb2.DelayedVestingAccount(base_vesting_account=base)
        wrong = vesting.what_is_wrong(made)
        if not self.locked and made.base_vesting_account.end_time <= 0:
            wrong = wrong or "coins that vest need an end, periods, or to be locked for ever"
        if wrong is not None:
            raise GenesisError(wrong)
        return made

    def total(self) -> list[Coin]:
        """All coins that vest."""
        return sorted_coins([*self.coins, *(coin for _, coins in self.periods for coin in coins)])


def add_account(
    document: Document,
    address: str,
    coins: Sequence[Coin],
    schedule: Schedule | None = None,
    *,
    append: bool = False,
) -> None:
    """Give an address an account with coins. One that is there already gets more coins with `append` alone.

    Raises GenesisError.
    """
    bech32 = Bech32(address.rpartition("1")[0] or _WRITTEN_PREFIX)
    try:
        raw = bech32.parse(address)
    except ValueError as error:
        raise GenesisError(f"{address!r} is no address: {error}") from error
    state = document.setdefault("app_state", {})
    accounts = state.setdefault("auth", {}).setdefault("accounts", [])
    there = any(genesis_document.address_of(entry) == address for entry in accounts)
    if there and not append:
        raise GenesisError(f"{address} has an account already; --append adds to it")
    if there and schedule is not None:
        raise GenesisError(f"{address} has an account already: its coins can not begin to vest")
    if schedule is not None:
        held = dict(coins)
        if any(held.get(denom, 0) < amount for denom, amount in schedule.total()):
            raise GenesisError("more coins would vest than the account has")
        record = schedule.record()
        record.base_vesting_account.base_account.address = address
        accounts.append({"@type": vesting.PREFIX + record.DESCRIPTOR.name, **to_dict(record)})
    genesis_document.fund(state, {raw: coins}, bech32)


# --- Founders


@dataclass(frozen=True)
class Terms:
    """What a founder's validator says of itself and asks for."""

    moniker: str
    commission_rate: str = "0.10"
    commission_max_rate: str = "0.20"
    commission_max_change_rate: str = "0.01"
    min_self_delegation: int = 1
    website: str = ""
    details: str = ""
    place: str = ""
    """`host:port` that the others reach the node at; travels as the transaction's memo, behind the node's id."""


class ValidatorKeys(NamedTuple):
    """The keys of a node's home that a founder's transaction names."""

    public_key: bytes
    node_id: str


def validator_keys(folder: Path) -> ValidatorKeys:
    """Read them from a home. Raises KeyFileError."""
    home = Home(folder)
    return ValidatorKeys(
        keys.read_key_file(home.validator_key).public_key, keys.read_key_file(home.node_key).address.hex()
    )


def validator_message(
    bech32: Bech32, operator: bytes, public_key: bytes, stake: Coin, terms: Terms
) -> MsgCreateValidator:
    """What makes a validator of the account `operator`, whose blocks are signed by `public_key`. Raises GenesisError."""
    message = MsgCreateValidator(
        validator_address=bech32.valoper(operator),
        pubkey=registry.pack(ConsensusKey(key=public_key)),
        value=stake.to_pb(),
        min_self_delegation=str(terms.min_self_delegation),
        description=staking_pb2.Description(
            moniker=terms.moniker, website=terms.website, details=terms.details
        ),
    )
    try:
        message.commission.CopyFrom(
            staking_pb2.CommissionRates(
                rate=Dec.from_text(terms.commission_rate).to_wire(),
                max_rate=Dec.from_text(terms.commission_max_rate).to_wire(),
                max_change_rate=Dec.from_text(terms.commission_max_change_rate).to_wire(),
            )
        )
    except ValueError as error:
        raise GenesisError(f"commission: {error}") from error
    return message


def found(
    document: Document, account: PrivateKey, validator: ValidatorKeys, stake: Coin, terms: Terms
) -> Document:
    """A founder's transaction, signed for the document's chain. Raises GenesisError."""
    profile = profile_of(document)
    operator = profile.bech32.text(account.address)
    accounts = document.get("app_state", {}).get("auth", {}).get("accounts", [])
    if all(genesis_document.address_of(entry) != operator for entry in accounts):
        raise GenesisError(f"{operator} has no account in the genesis document; add-account makes one")
    if stake.denom != profile.native_denom:
        raise GenesisError(f"{profile.native_denom} is staked, not {stake.denom}")
    message = validator_message(profile.bech32, account.address, validator.public_key, stake, terms)
    memo = f"{validator.node_id}@{terms.place}" if terms.place else ""
    tx = tx_pb2.Tx(body=tx_pb2.TxBody(messages=[registry.pack(message)], memo=memo))
    tx.auth_info.fee.gas_limit = GAS
    info = tx.auth_info.signer_infos.add(
        public_key=registry.pack(PubKey(key=bytes(account.public_key))),
    )
    info.mode_info.single.mode = signing_pb2.SIGN_MODE_DIRECT
    parts = [part.SerializeToString(deterministic=True) for part in (tx.body, tx.auth_info)]
    tx.signatures.append(account.sign(sign_doc.direct_bytes(parts[0], parts[1], document["chain_id"], 0)))
    return to_dict(tx)


def collect(document: Document, entries: Iterable[Document]) -> list[str]:
    """Put founders' transactions into the document, ordered by their validators' addresses.

    They alone decide the first block: validators in the document's head go. Returns where the founders' nodes are,
    `id@host:port` each. Raises GenesisError.
    """
    by_operator: dict[str, Document] = {}
    for entry in entries:
        try:
            message = founding.message_of(founding.encoded(entry))
        except StateError as error:
            raise GenesisError(str(error)) from error
        if message.validator_address in by_operator:
            raise GenesisError(f"{message.validator_address} founds twice")
        by_operator[message.validator_address] = entry
    if not by_operator:
        raise GenesisError("there are no founders' transactions")
    ordered = [by_operator[operator] for operator in sorted(by_operator)]
    document.setdefault("app_state", {})[founding.NAME] = {"gen_txs": ordered}
    if isinstance(document.get("consensus"), dict):
        document["consensus"]["validators"] = []
    else:
        document["validators"] = []
    return [entry["body"]["memo"] for entry in ordered if entry["body"].get("memo")]


# --- Documents of others


def profile_of(document: Document) -> Profile:
    """Prefix of the addresses and native denom that a document uses."""
    state = document.get("app_state") or {}
    try:
        denom = state["staking"]["params"]["bond_denom"]
    except (KeyError, TypeError) as error:
        raise GenesisError("app_state.staking.params names no bond_denom") from error
    texts = [
        *((state.get("bank") or {}).get("balances") or [])[:1],
        *map(_addressed, ((state.get("auth") or {}).get("accounts") or [])[:1]),
    ]
    prefix = texts[0]["address"].rpartition("1")[0] if texts else _WRITTEN_PREFIX
    try:
        return Profile(prefix, denom)
    except ValueError as error:
        raise GenesisError(f"addresses begin with {prefix!r}: {error}") from error


def _addressed(entry: Mapping[str, Any]) -> dict[str, str]:
    return {"address": genesis_document.address_of(entry)}


def adopt(document: Document, drop: Sequence[str] = ()) -> list[str]:
    """Make a document of the network's shape one that this program starts from; returns what was done, in words.

    Modules named in `drop` are taken out, with their state but not the coins of their accounts; every other module
    that is unknown here is refused, unless its document is null: so the network's tools write those that have
    nothing to say. The modules of prices, credit and the take begin as in a new network where the document lacks
    them or `drop` names them; only the take takes nothing, for a network without it takes nothing either. Raises
    GenesisError.
    """
    state = document.get("app_state")
    if not isinstance(state, dict):
        raise GenesisError("the document has no app_state")
    done = []
    for name in drop:
        if name in (*GENESIS_ORDER, *_ALWAYS_KNOWN) and name not in _ANEW:
            raise GenesisError(f"{name} is a module of this program and can not be dropped")
        if name in state:
            del state[name]
            done.append(f"dropped {name}")
    strange = sorted(name for name in state if name not in (*GENESIS_ORDER, *_ALWAYS_KNOWN))
    for name in [name for name in strange if state[name] is None]:
        del state[name]
        strange.remove(name)
        done.append(f"left out {name}, which says nothing")
    if strange:
        words = " ".join(f"--drop {name}" for name in strange)
        raise GenesisError(f"modules that are unknown here: {', '.join(strange)}; {words} leaves them out")
    fresh = default_genesis(profile_of(document), {})
    fresh["take"]["params"]["default_take_rate"] = 0
    for name in _ANEW:
        if state.get(name) is None:
            state[name] = fresh[name]
            done.append(f"added {name}, which the document lacks")
    params = (state.get("market") or {}).get("params")
    if isinstance(params, dict) and not any(name in params for name in _WINDOWS):
        # Written before version 2.1, whose upgrade sets these.
        params |= {name: fresh["market"]["params"][name] for name in _WINDOWS}
        done.append("added market's reclamation windows, which the document lacks")
    return done


class Checked(NamedTuple):
    """What a document that a chain can start from says."""

    genesis: Genesis
    accounts: int
    founders: int
    validators: int
    supply: list[Coin]


def validate(document: Document) -> Checked:
    """Start a chain from the document in memory and forget it. Raises GenesisError."""
    genesis = genesis_document.parse(document)
    profile = profile_of(genesis.document)
    app = build_app(MemoryBackend(), profile, Options())
    seconds, nanos = divmod(genesis.time, 10**9)
    request = abci.RequestInitChain(
        time=Timestamp(seconds=seconds, nanos=nanos),
        chain_id=genesis.chain_id,
        consensus_params=genesis.consensus_params,
        validators=genesis.validators,
        app_state_bytes=genesis.app_state,
        initial_height=genesis.initial_height,
    )
    try:
        with loading():
            response = app.init_chain(request)
    except (StateError, ChainError, ValueError) as error:
        raise GenesisError(str(error)) from error
    if not response.validators and not genesis.validators:
        raise GenesisError("nobody would decide the first block: there are neither validators nor founders")
    state = genesis.document["app_state"]
    ctx = app.check_context()
    return Checked(
        genesis,
        len(state["auth"].get("accounts") or ()),
        len((state.get(founding.NAME) or {}).get("gen_txs") or ()),
        len(response.validators or genesis.validators),
        app.keepers.bank.supplies(ctx),
    )
