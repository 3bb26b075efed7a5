"""Provider's keeper: the only reader and writer of providers' records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from supercloud.chain.x.provider import keys, types
from supercloud.pb.akash.provider.v1beta4 import event_pb2
from supercloud.pb.akash.provider.v1beta4.provider_pb2 import Provider

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context


class Keeper:
    """Providers by their owners."""

    def provider(self, ctx: Context, owner: bytes) -> Provider | None:
        """A registered provider."""
        value = ctx.kv(keys.STORE).get(keys.provider_key(owner))
        return None if value is None else Provider.FromString(value)

    def providers(self, ctx: Context) -> Iterator[Provider]:
        """Every provider, by address."""
        for _, value in ctx.kv(keys.STORE).prefix(keys.PROVIDER):
            yield Provider.FromString(value)

    def create(self, ctx: Context, owner: bytes, record: Provider) -> None:
        """Register a provider."""
        self.put(ctx, owner, record)
        ctx.emit_typed(event_pb2.EventProviderCreated(owner=record.owner))

    def update(self, ctx: Context, owner: bytes, record: Provider) -> None:
        """Replace a provider's record."""
        self.put(ctx, owner, record)
        ctx.emit_typed(event_pb2.EventProviderUpdated(owner=record.owner))

    def delete(self, ctx: Context, owner: bytes) -> None:
        """Forget a provider."""
        ctx.kv(keys.STORE).delete(keys.provider_key(owner))
        ctx.emit_typed(event_pb2.EventProviderDeleted(owner=ctx.bech32.text(owner)))

    def put(self, ctx: Context, owner: bytes, record: Provider) -> None:
        """Write a record, without an event."""
        record.owner = ctx.bech32.text(owner)
        record.info.SetInParent()
        value = record.SerializeToString(deterministic=True)
        ctx.kv(keys.STORE).set(keys.provider_key(owner), value)

    def invariants(self, ctx: Context) -> list[str]:
        """Violations: a record under another owner's key."""
        wrong = []
        for key, value in ctx.kv(keys.STORE).prefix(keys.PROVIDER):
            record = Provider.FromString(value)
            if key != keys.provider_key(ctx.bech32.parse(record.owner)):
                wrong.append(f"provider {record.owner} lies under another key")
            try:
                types.check_host_uri(record.host_uri)
            except (types.InvalidProviderURI, types.NotAbsProviderURI) as error:
                wrong.append(f"provider {record.owner}: {error}")
        return wrong
