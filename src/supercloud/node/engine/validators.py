"""Validator sets: their order, their hash, and how the state machine changes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from supercloud.crypto import ed25519
from supercloud.node.engine import merkle
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import validator_pb2

POWER_MAX = (2**63 - 1) // 8
"""Bound on the total voting power of a set."""


class ValidatorError(Exception):
    """A set or an update that consensus can not work with."""


class Validator(NamedTuple):
    """A validator: its Ed25519 key and voting power."""

    public_key: bytes
    power: int

    @property
    def address(self) -> bytes:
        """Its consensus address."""
        return ed25519.address(self.public_key)


class ValidatorSet(tuple[Validator, ...]):
    """Validators by falling power, then rising address: the order of signatures in commits."""

    __slots__ = ()

    @classmethod
    def of(cls, validators: Iterable[Validator]) -> ValidatorSet:
        """A set from validators in any order. Raises ValidatorError."""
        ordered = sorted(validators, key=lambda validator: (-validator.power, validator.address))
        if len({validator.public_key for validator in ordered}) != len(ordered):
            raise ValidatorError("a validator appears twice")
        if any(validator.power <= 0 for validator in ordered):
            raise ValidatorError("voting power must be positive")
        if sum(validator.power for validator in ordered) > POWER_MAX:
            raise ValidatorError(f"total voting power exceeds {POWER_MAX}")
        return cls(ordered)

    @classmethod
    def from_updates(cls, updates: Iterable[abci.ValidatorUpdate]) -> ValidatorSet:
        """The set that the state machine names in full."""
        return cls.of(_validator(update) for update in updates)

    @property
    def power(self) -> int:
        """Total voting power."""
        return sum(validator.power for validator in self)

    @property
    def hash(self) -> bytes:
        """What headers commit to."""
        leaves = []
        for validator in self:
            simple = validator_pb2.SimpleValidator(voting_power=validator.power)
            simple.pub_key.ed25519 = validator.public_key
            leaves.append(simple.SerializeToString(deterministic=True))
        return merkle.root(leaves)

    def powers(self) -> dict[bytes, int]:
        """Voting power by address."""
        return {validator.address: validator.power for validator in self}

    def updated(self, updates: Iterable[abci.ValidatorUpdate]) -> ValidatorSet:
        """The set after the state machine's changes; power 0 removes. Raises ValidatorError."""
        powers = {validator.public_key: validator.power for validator in self}
        for update in updates:
            changed = _validator(update)
            if changed.power < 0:
                raise ValidatorError("voting power must not be negative")
            if changed.power:
                powers[changed.public_key] = changed.power
            elif powers.pop(changed.public_key, None) is None:
                raise ValidatorError("the state machine removes a validator that is not in the set")
        if not powers:
            raise ValidatorError("the state machine removes the last validator")
        return ValidatorSet.of(Validator(key, power) for key, power in powers.items())

    def to_json(self) -> list[dict[str, Any]]:
        """Form for the engine's own records."""
        return [{"key": validator.public_key.hex(), "power": validator.power} for validator in self]

    @classmethod
    def from_json(cls, document: Iterable[dict[str, Any]]) -> ValidatorSet:
        """From the engine's own records."""
        return cls.of(Validator(bytes.fromhex(entry["key"]), entry["power"]) for entry in document)


def _validator(update: abci.ValidatorUpdate) -> Validator:
    key = update.pub_key.ed25519
    if len(key) != 32:
        raise ValidatorError("validators have Ed25519 keys")
    return Validator(key, update.power)
