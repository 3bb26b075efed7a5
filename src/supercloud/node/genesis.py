"""The genesis document in CometBFT's JSON form: reading, checking, building, patching, funding."""

from __future__ import annotations

import base64
import binascii
import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import orjson
from google.protobuf.duration_pb2 import Duration

from supercloud.chain.app import MODULE_ACCOUNTS
from supercloud.crypto import ed25519
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import params_pb2
from supercloud.types.address import Bech32, module_address
from supercloud.types.coin import Coin

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Profile

CHAIN_ID_LENGTH_MAX = 50
GENESIS_BYTES_MAX = 512 * 1024 * 1024
BLOCK_BYTES = 1_572_864
"""Block size limit of new networks: larger blocks make pauses between blocks that clients notice."""

CREDIT_DENOM = "uact"
OTHER_DENOMS = (CREDIT_DENOM, "uusdc")
"""Coins of every ledger that are not its native one."""
PREFIX_FORM = re.compile(r"[a-z][a-z0-9]{0,15}")
DENOM_FORM = re.compile(r"[a-zA-Z][a-zA-Z0-9/:._-]{2,127}")
SEED_PRICE = "1.000000000000000000"
SEED_PRICE_S = 10 * 365 * 86_400
SEED_VAULT = 10**12
"""What makes a new network on one machine usable: dollars a token, how long that holds, tokens locked at least."""

_WRITTEN_DENOM = "uakt"
_PUB_KEY_TYPE = "tendermint/PubKeyEd25519"
_BASE_ACCOUNT = "/cosmos.auth.v1beta1.BaseAccount"
_NETWORK_FIELDS = ("app_name", "app_version", "consensus")
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

Document = dict[str, Any]


class GenesisError(ValueError):
    """A genesis document that no chain can start from."""


class GenesisValidator(NamedTuple):
    """A validator of the first block."""

    public_key: bytes
    power: int
    name: str = ""


class Source(Protocol):
    """Where the whole document is. That of a million accounts has 270 MB, and 1.3 GB once it is read."""

    def document(self) -> Document:
        """All of it, in CometBFT's form. Raises GenesisError."""

    def size(self) -> int:
        """Bytes of its JSON."""

    def part(self, at: int, count: int) -> bytes:
        """Bytes of its JSON, from `at` on."""


@dataclass(frozen=True)
class InMemory:
    """A document that was read, or made."""

    read: Document

    @cached_property
    def _text(self) -> bytes:
        return orjson.dumps(self.read)

    def document(self) -> Document:
        """The document."""
        return self.read

    def size(self) -> int:
        """Bytes of its JSON."""
        return len(self._text)

    def part(self, at: int, count: int) -> bytes:
        """Bytes of its JSON, from `at` on."""
        return self._text[at : at + count]


@dataclass(frozen=True)
class Genesis:
    """A checked genesis document, but for the state, which stays where it is until it is asked for."""

    chain_id: str
    initial_height: int
    time: int
    """Nanoseconds since 1970."""
    validators: Sequence[abci.ValidatorUpdate]
    consensus_params: params_pb2.ConsensusParams
    app_hash: bytes
    head: Document
    """The document without the state."""
    source: Source

    @property
    def document(self) -> Document:
        """The whole, as it was read. Raises GenesisError."""
        return self.source.document()

    @property
    def app_state(self) -> bytes:
        """The state machine's part, as JSON. Raises GenesisError."""
        return orjson.dumps(self.document.get("app_state") or {}, option=orjson.OPT_SORT_KEYS)


def load(path: Path) -> Genesis:
    """Read and check a genesis file. Raises GenesisError."""
    return parse(read(path))


def read(path: Path) -> Any:
    """The JSON of a genesis file. Raises GenesisError."""
    try:
        if path.stat().st_size > GENESIS_BYTES_MAX:
            raise GenesisError(f"{path} is larger than {GENESIS_BYTES_MAX} bytes")
        return orjson.loads(path.read_bytes())
    except OSError as error:
        raise GenesisError(f"{path}: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise GenesisError(f"{path} is not JSON: {error}") from error


def parse(document: object, source: Source | None = None) -> Genesis:
    """Check a document; with a `source` of the whole it may lack the state. Raises GenesisError."""
    if not isinstance(document, dict):
        raise GenesisError("the genesis document is not a JSON object")
    document = in_comet_form(document)
    try:
        chain_id = document["chain_id"]
        if not isinstance(chain_id, str) or not 0 < len(chain_id) <= CHAIN_ID_LENGTH_MAX:
            raise GenesisError(f"chain_id must have 1 to {CHAIN_ID_LENGTH_MAX} characters")
        initial_height = int(document.get("initial_height") or 1)
        if initial_height < 1:
            raise GenesisError("initial_height must be at least 1")
        return Genesis(
            chain_id=chain_id,
            initial_height=initial_height,
            time=parse_time(document["genesis_time"]),
            validators=[_validator(entry) for entry in document.get("validators") or ()],
            consensus_params=_params(document.get("consensus_params") or {}),
            app_hash=bytes.fromhex(document.get("app_hash") or ""),
            head={name: value for name, value in document.items() if name != "app_state"},
            source=source or InMemory(document),
        )
    except GenesisError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise GenesisError(f"genesis document: {type(error).__name__} {error}") from error


def in_comet_form(document: Document) -> Document:
    """The document as CometBFT reads it: the network's own form has validators and parameters under `consensus`."""
    inner = document.get("consensus")
    if not isinstance(inner, dict) or "consensus_params" in document:
        return document
    head = {name: value for name, value in document.items() if name not in _NETWORK_FIELDS}
    return head | {
        "consensus_params": inner.get("params") or {},
        "validators": inner.get("validators") or [],
        "app_hash": document.get("app_hash") or "",
    }


def build(
    chain_id: str,
    time: int,
    validators: Iterable[GenesisValidator],
    app_state: Mapping[str, Any],
    *,
    initial_height: int = 1,
) -> Document:
    """A new document with this project's default consensus parameters."""
    return {
        "genesis_time": format_time(time),
        "chain_id": chain_id,
        "initial_height": str(initial_height),
        "consensus_params": {
            "block": {"max_bytes": str(BLOCK_BYTES), "max_gas": "-1"},
            "evidence": {
                "max_age_num_blocks": "100000",
                "max_age_duration": "172800000000000",
                "max_bytes": "1048576",
            },
            "validator": {"pub_key_types": ["ed25519"]},
            "version": {"app": "0"},
            "abci": {"vote_extensions_enable_height": "0"},
        },
        "validators": [
            {
                "address": ed25519.address(validator.public_key).hex().upper(),
                "pub_key": {"type": _PUB_KEY_TYPE, "value": base64.b64encode(validator.public_key).decode()},
                "power": str(validator.power),
                "name": validator.name,
            }
            for validator in validators
        ],
        "app_hash": "",
        "app_state": dict(app_state),
    }


def wrong_names(prefix: str, denom: str) -> str:
    """What is wrong with a first part of addresses and a native denom; empty when a network can have them."""
    if not PREFIX_FORM.fullmatch(prefix):
        return f"prefix {prefix!r}: lower-case letters and digits, at most 16"
    if not DENOM_FORM.fullmatch(denom):
        return f"denom {denom!r}: 3 to 128 letters, digits and /:._-, a letter first"
    return f"denom {denom!r} is another coin of the ledger" if denom in OTHER_DENOMS else ""


def in_denom(app_state: Document, denom: str) -> Document:
    """A state whose default parameters, written for one native denom, are in another, which people see by its name."""
    if denom == _WRITTEN_DENOM:
        return app_state
    made: Document = _renamed(app_state, denom)
    entries = made["bank"]["denom_metadata"]
    made["bank"]["denom_metadata"] = [_named(entry) if entry["base"] == denom else entry for entry in entries]
    return made


def _renamed(document: Any, denom: str) -> Any:
    if isinstance(document, dict):
        return {name: _renamed(value, denom) for name, value in document.items()}
    if isinstance(document, list):
        return [_renamed(value, denom) for value in document]
    return denom if document == _WRITTEN_DENOM else document


def _named(metadata: dict[str, Any]) -> dict[str, Any]:
    """How people see a denom of which only the name is known: millionths where it begins with `u`."""
    base = metadata["base"]
    units = [{"denom": base, "exponent": 0, "aliases": []}]
    if base.startswith("u") and PREFIX_FORM.fullmatch(base[1:]):
        units.append({"denom": base[1:], "exponent": 6, "aliases": []})
    display = units[-1]["denom"]
    return {
        **metadata,
        "denom_units": units,
        "display": display,
        "name": display.upper(),
        "symbol": display.upper(),
    }


def merge_patch(target: Any, patch: Any) -> Any:
    """The target changed by a JSON merge patch (RFC 7396): objects merge, null removes, all else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge_patch(result.get(name), value)
    return result


def fund(app_state: Document, funds: Mapping[bytes, Iterable[Coin]], bech32: Bech32) -> None:
    """Give accounts coins that exist from the start: their balances grow and the supply with them.

    Each list of the document is walked once, however many accounts there are.
    """
    if not funds:
        return
    accounts = app_state.setdefault("auth", {}).setdefault("accounts", [])
    there = {address_of(entry) for entry in accounts}
    # Modules make their own accounts, which are of another kind.
    there |= {bech32.text(module_address(name)) for name in MODULE_ACCOUNTS}
    given = {bech32.text(address): list(coins) for address, coins in funds.items()}
    accounts += (
        {"@type": _BASE_ACCOUNT, "address": text, "pub_key": None, "account_number": "0", "sequence": "0"}
        for text in given
        if text not in there
    )
    _give(app_state, given)


def address_of(entry: Mapping[str, Any]) -> str:
    """Address of an account of any kind, as it stands in a document."""
    inner = entry.get("base_vesting_account") or entry
    return str((inner.get("base_account") or inner).get("address", ""))


def seed_governance(document: Document) -> None:
    """Let the votes of a network on one machine end in a minute: whoever runs it has all the say and waits for nobody."""
    document["app_state"]["gov"]["params"] |= {
        "max_deposit_period": "3600s",
        "voting_period": "60s",
        "expedited_voting_period": "20s",
    }


def seed_credit(
    document: Document, source: bytes, funds: Mapping[bytes, Sequence[Coin]], profile: Profile
) -> None:
    """Let a network on one machine mint credit at once: a price, who may report others, a vault that covers credit.

    The price is one dollar, of the document's time, and good for ten years. Credit is minted in the block that asks
    for it. The vault holds twice what the credit among `funds` is worth. A public network begins without all this.
    """
    state, native = document["app_state"], profile.native_denom
    text, pair = profile.bech32.text(source), {"denom": native.removeprefix("u"), "base_denom": "usd"}
    place = {"timestamp": document["genesis_time"], "sequence": "0"}
    oracle = state["oracle"]
    oracle["params"] |= {"sources": [text], "max_price_staleness_period": f"{SEED_PRICE_S}s"}
    oracle["source_ids"] = [{"address": text, "id": 1}]
    oracle["source_seq"] = "1"
    oracle["prices"] = [{"id": {"source": 1, **pair, **place}, "state": {"price": SEED_PRICE}}]
    oracle["latest_prices_ids"] = [{"id": {"source": 1, **pair}, "state": place}]
    state["bme"]["params"]["min_epoch_blocks"] = "1"
    credit = sum(coin.amount for coins in funds.values() for coin in coins if coin.denom == CREDIT_DENOM)
    locked = max(2 * credit, SEED_VAULT)
    _give(state, {profile.bech32.text(module_address("bme")): [Coin(native, locked)]})


def _give(app_state: Document, given: Mapping[str, Sequence[Coin]]) -> None:
    bank = app_state.setdefault("bank", {})
    balances = bank.setdefault("balances", [])
    by_address: Document = {}
    for balance in balances:
        # Of several entries of one address, which no chain starts from, the first one.
        by_address.setdefault(balance["address"], balance)
    for text, coins in given.items():
        balance = by_address.get(text)
        if balance is None:
            balance = {"address": text, "coins": []}
            balances.append(balance)
        balance["coins"] = _added(balance["coins"], coins)
    # A document without supply has it computed; one with supply must stay consistent.
    if bank.get("supply"):
        bank["supply"] = _added(bank["supply"], chain.from_iterable(given.values()))


def _added(entries: Iterable[Mapping[str, str]], coins: Iterable[Coin]) -> list[dict[str, str]]:
    total = {entry["denom"]: int(entry["amount"]) for entry in entries}
    for denom, amount in coins:
        total[denom] = total.get(denom, 0) + amount
    return [{"denom": denom, "amount": str(total[denom])} for denom in sorted(total)]


def format_time(ns: int) -> str:
    """RFC 3339 in UTC, with as many digits of the second as it needs."""
    seconds, nanos = divmod(ns, 1_000_000_000)
    text = (_EPOCH + datetime.timedelta(seconds=seconds)).replace(tzinfo=None).isoformat(timespec="seconds")
    fraction = f".{nanos:09d}".rstrip("0").rstrip(".")
    return f"{text}{fraction}Z"


def parse_time(text: str) -> int:
    """Nanoseconds since 1970 of an RFC 3339 time. Raises ValueError."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"not an RFC 3339 time: {text!r}")
    whole, fraction, zone = match.groups()
    moment = datetime.datetime.fromisoformat(whole + ("+00:00" if zone == "Z" else zone))
    seconds = (moment - _EPOCH) // datetime.timedelta(seconds=1)
    return seconds * 1_000_000_000 + int((fraction or "").ljust(9, "0"))


def _validator(entry: Mapping[str, Any]) -> abci.ValidatorUpdate:
    key = entry["pub_key"]
    try:
        public_key = base64.b64decode(key["value"], validate=True)
    except binascii.Error as error:
        raise GenesisError("a validator's key is not base64") from error
    if key["type"] != _PUB_KEY_TYPE or len(public_key) != 32:
        raise GenesisError("validators have Ed25519 keys")
    address = entry.get("address")
    if address and bytes.fromhex(address) != ed25519.address(public_key):
        raise GenesisError(f"validator address {address} does not belong to its key")
    power = int(entry["power"])
    if power <= 0:
        raise GenesisError("a genesis validator needs voting power")
    update = abci.ValidatorUpdate(power=power)
    update.pub_key.ed25519 = public_key
    return update


def _params(document: Mapping[str, Any]) -> params_pb2.ConsensusParams:
    block = document.get("block") or {}
    evidence = document.get("evidence") or {}
    validator = document.get("validator") or {}
    age_ns = int(evidence.get("max_age_duration") or 172_800_000_000_000)
    params = params_pb2.ConsensusParams(
        block=params_pb2.BlockParams(
            max_bytes=int(block.get("max_bytes") or 22_020_096), max_gas=int(block.get("max_gas") or -1)
        ),
        evidence=params_pb2.EvidenceParams(
            max_age_num_blocks=int(evidence.get("max_age_num_blocks") or 100_000),
            max_age_duration=Duration(seconds=age_ns // 1_000_000_000, nanos=age_ns % 1_000_000_000),
            max_bytes=int(evidence.get("max_bytes") or 1_048_576),
        ),
        validator=params_pb2.ValidatorParams(pub_key_types=validator.get("pub_key_types") or ["ed25519"]),
        version=params_pb2.VersionParams(app=int((document.get("version") or {}).get("app") or 0)),
        abci=params_pb2.ABCIParams(
            vote_extensions_enable_height=int(
                (document.get("abci") or {}).get("vote_extensions_enable_height") or 0
            )
        ),
    )
    if not -1 <= params.block.max_bytes <= 104_857_600 or params.block.max_bytes == 0:
        raise GenesisError("block.max_bytes must be -1 or 1 to 104857600")
    if params.block.max_gas < -1:
        raise GenesisError("block.max_gas must be -1 or more")
    if list(params.validator.pub_key_types) != ["ed25519"]:
        raise GenesisError("validator.pub_key_types must be ed25519")
    if params.abci.vote_extensions_enable_height:
        raise GenesisError("votes carry no extensions here: abci.vote_extensions_enable_height must be 0")
    return params
