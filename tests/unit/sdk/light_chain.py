"""A chain for the tests of the light client: headers and proofs made by the node's own code, told as its RPC tells them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from supercloud.chain.store.backend import MemoryBackend
from supercloud.chain.store.multistore import MultiStore
from supercloud.crypto.ed25519 import PrivateKey
from supercloud.node.engine import block as blocks
from supercloud.node.engine.validators import Validator, ValidatorSet
from supercloud.node.rpc import forms
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import types_pb2

CHAIN = "light-1"
BEGIN_NS = 1_800_000_000 * 10**9
Keys = Sequence[tuple[PrivateKey, int]]


def keys(*numbers: int) -> list[tuple[PrivateKey, int]]:
    """Validators of equal power."""
    return [(PrivateKey(bytes([number]) * 32), 10) for number in numbers]


def validator_set(chosen: Keys) -> ValidatorSet:
    return ValidatorSet.of(Validator(key.public_key, power) for key, power in chosen)


class LightChain:
    """Blocks one second apart. `call` answers as a node does; `answers` are changed to lie."""

    def __init__(self) -> None:
        self.store = MultiStore(MemoryBackend(), ["bank", "market", "escrow"])
        self.commits: dict[int, Any] = {}
        self.sets: dict[int, Keys] = {}
        self.hashes: dict[int, bytes] = {}
        self.asked: list[str] = []
        self.answers: dict[str, Any] = {}

    @property
    def height(self) -> int:
        return max(self.commits, default=0)

    def add(
        self,
        validators: Keys,
        after: Keys,
        *,
        silent: Sequence[int] = (),
        signers: Keys | None = None,
        writes: Sequence[tuple[str, bytes, bytes]] = (),
        time_ns: int | None = None,
    ) -> None:
        """One more block of these validators; then its writes become the state of its height."""
        height = self.height + 1
        header = types_pb2.Header(
            chain_id=CHAIN,
            height=height,
            time=blocks.time_pb(BEGIN_NS + height * 10**9 if time_ns is None else time_ns),
            validators_hash=validator_set(validators).hash,
            next_validators_hash=validator_set(after).hash,
            app_hash=self.store.app_hash,
            proposer_address=validators[0][0].address,
        )
        header.version.block = 11
        empty = blocks.empty_commit()
        made, _, named = blocks.assemble(header, [], empty)
        by_address = {key.address: key for key, _ in (signers or validators)}
        votes = []
        for place, validator in enumerate(validator_set(validators)):
            key = by_address.get(validator.address)
            if place in silent or key is None:
                votes.append(blocks.commit_absence())
                continue
            time = BEGIN_NS + height * 10**9 + place
            signed = blocks.vote_sign_bytes(CHAIN, height, 0, named, time)
            votes.append(blocks.commit_signature(validator.address, time, key.sign(signed)))
        commit = blocks.make_commit(height, 0, named, votes)
        self.commits[height] = {"header": forms.header(made.header), "commit": forms.commit(commit)}
        self.sets[height], self.hashes[height] = validators, named.hash
        branch = self.store.branch()
        for store, key, value in writes:
            branch.set(store, key, value)
        self.store.prepare(branch, height)
        self.store.commit()

    async def call(self, method: str, **params: Any) -> Any:
        self.asked.append(f"{method} {params.get('height', '')}".strip())
        if method in self.answers:
            return self.answers[method](params)
        height = int(params.get("height") or self.height)
        match method:
            case "commit":
                return {"signed_header": self.commits[height], "canonical": True}
            case "validators":
                shown = [forms.validator(entry) for entry in validator_set(self.sets[height])]
                return {"validators": shown, "total": str(len(shown))}
            case "abci_query":
                return self.query(params)
        raise AssertionError(method)

    def query(self, params: dict[str, Any]) -> Any:
        store, key = params["path"].split("/")[2], bytes.fromhex(params["data"])
        value, ops = self.store.prove(store, key, int(params["height"]))
        response = abci.ResponseQuery(key=key, value=value or b"", height=int(params["height"]))
        response.proof_ops.CopyFrom(ops)
        return {"response": forms.query_response(response)}


def changed(answer: Any, value: bytes) -> Any:
    """An answer to a query with another value."""
    answer["response"]["value"] = base64.b64encode(value).decode()
    return answer
