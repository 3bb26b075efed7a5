"""A node's folder with a state and blocks on disk, small enough to damage every page of it in turn."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

from supercloud.chain.store.multistore import MultiStore
from supercloud.node import genesis as genesis_document
from supercloud.node.engine.ports import StoredBlock
from supercloud.node.engine.state import EngineState, genesis_state
from supercloud.node.engine.validators import ValidatorSet
from supercloud.node.storage.blockstore import BlockStore
from supercloud.node.storage.lmdb import LmdbBackend
from supercloud.pb.tendermint.types import params_pb2

STORES = ("bank", "market")
KEYS = 60
HEIGHTS = 24
"""Of the home that `home` gives."""


def engine_state(app_hash: bytes) -> EngineState:
    """Consensus with one validator."""
    validator = genesis_document.GenesisValidator(bytes(range(32)), 10)
    document = genesis_document.build("c", 10**18, [validator], {})
    return genesis_state(
        chain_id="c",
        initial_height=1,
        time=10**18,
        validators=ValidatorSet.from_updates(genesis_document.parse(document).validators),
        params=params_pb2.ConsensusParams(),
        app_hash=app_hash,
    )


def grow(home: Path, first: int, last: int, *, kept: int = 8) -> None:
    """Heights `first` to `last`: values of all lengths come, change and go, `kept` heights stay."""
    backend = LmdbBackend(home / "data" / "state", sync=False)
    blocks = BlockStore(home / "data" / "blocks", sync=False)
    store = MultiStore(backend, STORES, kept)
    for height in range(first, last + 1):
        rng = random.Random(height)
        branch = store.branch()
        for name in STORES:
            for _ in range(12):
                key = b"\0key %03d" % rng.randrange(KEYS)
                if rng.random() < 0.2:
                    branch.delete(name, key)
                else:
                    branch.set(name, key, rng.randbytes(rng.choice((1, 20, 60, 60, 60, 2500))))
        store.prepare(branch, height)
        store.commit()
        named = hashlib.sha256(b"%d" % height).digest()
        state = engine_state(store.app_hash).to_bytes()
        parts = (rng.randbytes(rng.choice((40, 300, 5000))), b"votes", rng.randbytes(200), state)
        blocks.save(height, named, StoredBlock(*parts))
        blocks.prune(height - kept, 2)
    blocks.close()
    backend.close()


def data_file(home: Path, store: str) -> Path:
    """The file of `state` or of `blocks`."""
    return home / "data" / store / "data.mdb"
