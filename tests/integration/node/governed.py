"""A home whose one validator's operator has staked and whose votes are short."""

from __future__ import annotations

from pathlib import Path

import orjson

from supercloud.chain.app import Founder, default_genesis
from supercloud.chain.baseapp.context import Profile
from supercloud.node.config import Config
from supercloud.node.engine import signer
from supercloud.node.home import VALIDATOR_POWER, Home, init_home
from supercloud.sdk.keyring import Keyring

VOTING_S = 4
NAMES = ("operator", "builder")


def make_governed_home(folder: Path, keys: Keyring, config: Config) -> None:
    """Make the home; the keyring gets the keys of NAMES, of which the first has all the votes."""
    for name in NAMES:
        keys.create(name)
    init_home(folder, "village", config=config)
    home = Home(folder)
    key = signer.read_key_file(home.validator_key).public_key
    purses = {keys.address(name): {"uakt": 10**12} for name in NAMES}
    founder = Founder(keys.address("operator"), key, VALIDATOR_POWER * 10**6, "village")
    state = default_genesis(Profile(), purses, [founder])
    state["gov"]["params"] |= {"voting_period": f"{VOTING_S}s", "expedited_voting_period": "1s"}
    document = orjson.loads(home.genesis.read_bytes())
    document["app_state"] = state
    home.genesis.write_bytes(orjson.dumps(document))
