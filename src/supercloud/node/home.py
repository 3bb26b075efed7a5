"""Where the files of a node lie, and how the home of a new network's one validator is made (`init_home`)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from supercloud.chain.app import Founder, default_genesis
from supercloud.chain.baseapp.context import Profile
from supercloud.node import genesis as genesis_document
from supercloud.node.config import Config, render
from supercloud.node.engine import signer as keys
from supercloud.node.engine.choice import EngineFiles
from supercloud.node.genesis import Genesis, GenesisValidator
from supercloud.types.coin import Coin

CHAIN_ID = "supercloud-local"
VALIDATOR_POWER = 1_000_000
POWER_REDUCTION = 1_000_000
"""Units of the native token that make one unit of voting power."""


@dataclass(frozen=True)
class Home:
    """Where the files of a node lie."""

    folder: Path

    @property
    def config(self) -> Path:
        """Settings."""
        return self.folder / "config" / "config.toml"

    @property
    def genesis(self) -> Path:
        """The genesis document."""
        return self.folder / "config" / "genesis.json"

    @property
    def validator_key(self) -> Path:
        """The key that signs blocks."""
        return self.folder / "config" / "priv_validator_key.json"

    @property
    def node_key(self) -> Path:
        """The key that the node's id comes from."""
        return self.folder / "config" / "node_key.json"

    @property
    def data(self) -> Path:
        """Everything that changes."""
        return self.folder / "data"

    @property
    def signing_record(self) -> Path:
        """What the validator signed last."""
        return self.data / "priv_validator_state.json"

    @property
    def engine_files(self) -> EngineFiles:
        """What the engines share, and the folder that only CometBFT needs."""
        return EngineFiles(
            validator_key=self.validator_key,
            signing_record=self.signing_record,
            node_key=self.node_key,
            data=self.data,
            comet=self.folder / "cometbft",
        )


def init_home(
    folder: Path,
    chain_id: str = CHAIN_ID,
    *,
    funds: Mapping[bytes, Sequence[Coin]] | None = None,
    patch: Any = None,
    config: Config | None = None,
    time_ns: int | None = None,
    price_source: bytes | None = None,
    operator: bytes | None = None,
) -> Genesis:
    """Make a home: keys, settings and a genesis document whose one validator is this node.

    `funds` are the coins that exist from the start, `patch` a JSON merge patch of the whole genesis document,
    applied before them. With a `price_source`, whose account reports prices, credit can be minted at once
    (genesis.seed_credit). With an `operator`, whose account stakes for the validator, proposals can pass and are
    decided quickly (genesis.seed_governance). Refuses a home that has keys already. Raises GenesisError, KeyFileError.
    """
    home = Home(folder)
    settings = config or Config()
    settings.check()
    if wrong := genesis_document.wrong_names(settings.network.bech32_prefix, settings.network.native_denom):
        raise genesis_document.GenesisError(wrong)
    public_key = make_keys(home)
    profile = profile_of(settings)
    founders = []
    if operator is not None:
        founders.append(
            Founder(operator, public_key, VALIDATOR_POWER * POWER_REDUCTION, settings.node.moniker)
        )
    document = genesis_document.build(
        chain_id,
        time.time_ns() if time_ns is None else time_ns,
        [GenesisValidator(public_key, VALIDATOR_POWER, settings.node.moniker)],
        genesis_document.in_denom(default_genesis(profile, {}, founders), profile.native_denom),
    )
    if operator is not None:
        genesis_document.seed_governance(document)
    if price_source is not None:
        genesis_document.seed_credit(document, price_source, funds or {}, profile)
    if patch is not None:
        document = genesis_document.merge_patch(document, patch)
    genesis_document.fund(document["app_state"], funds or {}, profile.bech32)
    genesis = genesis_document.parse(document)
    home.genesis.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    home.config.write_text(render(settings))
    return genesis


def make_keys(home: Home) -> bytes:
    """Make the folders and keys of a new home; returns the validator's public key. Raises KeyFileError."""
    home.config.parent.mkdir(parents=True, exist_ok=True)
    home.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = keys.create_key_file(home.validator_key)
    keys.create_node_key_file(home.node_key)
    if not home.signing_record.exists():
        keys.create_record_file(home.signing_record)
    return key.public_key


def profile_of(config: Config) -> Profile:
    """The network profile that the settings name."""
    network = config.network
    return Profile(network.bech32_prefix, network.native_denom, network.coin_type)
