"""Audit's keeper: the only reader and writer of auditors' records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from supercloud.chain.x.audit import keys, types
from supercloud.pb.akash.audit.v1 import event_pb2
from supercloud.pb.akash.audit.v1.audit_pb2 import AuditedAttributesStore, AuditedProvider
from supercloud.types.errors import InvalidRequest

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.pb.akash.base.attributes.v1.attribute_pb2 import Attribute


class Keeper:
    """Audited attributes by provider and auditor."""

    def record(self, ctx: Context, owner: bytes, auditor: bytes) -> AuditedProvider | None:
        """What one auditor says of a provider."""
        value = ctx.kv(keys.STORE).get(keys.record_key(owner, auditor))
        return None if value is None else audited_provider(ctx, owner, auditor, value)

    def audited(self, ctx: Context, owner: bytes) -> list[AuditedProvider]:
        """What all auditors say of a provider, by auditor."""
        return [
            audited_provider(ctx, *keys.parse_record(key[1:]), value)
            for key, value in ctx.kv(keys.STORE).prefix(keys.owner_prefix(owner))
        ]

    def records(self, ctx: Context) -> Iterator[AuditedProvider]:
        """Every record, by provider and auditor."""
        for key, value in ctx.kv(keys.STORE).prefix(keys.RECORD):
            yield audited_provider(ctx, *keys.parse_record(key[1:]), value)

    def sign(self, ctx: Context, owner: bytes, auditor: bytes, attributes: Sequence[Attribute]) -> None:
        """Add to a record: a key said before takes the new value, the others stay. Kept sorted by key."""
        known = self.record(ctx, owner, auditor)
        values = {each.key: each.value for each in known.attributes} if known is not None else {}
        values.update({each.key: each.value for each in attributes})
        self.put(ctx, owner, auditor, values)
        ctx.emit_typed(
            event_pb2.EventTrustedAuditorCreated(
                owner=ctx.bech32.text(owner), auditor=ctx.bech32.text(auditor)
            )
        )

    def delete(self, ctx: Context, owner: bytes, auditor: bytes, names: Sequence[str]) -> None:
        """Take keys out of a record, or the whole record when none are named or none are left."""
        known = self.record(ctx, owner, auditor)
        if known is None:
            raise types.ProviderNotFound
        values = {each.key: each.value for each in known.attributes}
        for name in names:
            if name not in values:
                raise types.AttributeNotFound(f"trying to delete non-existing attribute {name[:200]!r}")
            del values[name]
        if names and values:
            self.put(ctx, owner, auditor, values)
        else:
            ctx.kv(keys.STORE).delete(keys.record_key(owner, auditor))
        ctx.emit_typed(
            event_pb2.EventTrustedAuditorDeleted(
                owner=ctx.bech32.text(owner), auditor=ctx.bech32.text(auditor)
            )
        )

    def put(self, ctx: Context, owner: bytes, auditor: bytes, values: dict[str, str]) -> None:
        """Write a record, without an event."""
        if len(values) > types.ATTRIBUTES_MAX:
            raise InvalidRequest(f"a record holds at most {types.ATTRIBUTES_MAX} attributes")
        record = AuditedAttributesStore()
        for name in sorted(values):
            record.attributes.add(key=name, value=values[name])
        value = record.SerializeToString(deterministic=True)
        ctx.kv(keys.STORE).set(keys.record_key(owner, auditor), value)

    def invariants(self, ctx: Context) -> list[str]:
        """Violations: a record whose keys are not sorted or repeat."""
        wrong = []
        for record in self.records(ctx):
            names = [each.key for each in record.attributes]
            if names != sorted(dict.fromkeys(names)):
                wrong.append(f"audit of {record.owner} by {record.auditor} is not sorted")
        return wrong


def audited_provider(ctx: Context, owner: bytes, auditor: bytes, value: bytes) -> AuditedProvider:
    """A stored record as queries show it."""
    return AuditedProvider(
        owner=ctx.bech32.text(owner),
        auditor=ctx.bech32.text(auditor),
        attributes=AuditedAttributesStore.FromString(value).attributes,
    )
