"""The only reader and writer of the `authz` store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from supercloud.chain.baseapp.context import Event
from supercloud.chain.baseapp.timestamps import rfc3339, to_ns, to_timestamp
from supercloud.chain.x.authz import keys
from supercloud.chain.x.authz.types import (
    GENERIC,
    PRUNED_PER_BLOCK_MAX,
    SEND,
    Accept,
    AuthorizationExpired,
    InvalidExpiration,
    Kind,
    NoAuthorization,
    WrongSignerCount,
    pack,
)
from supercloud.pb.cosmos.authz.v1beta1 import event_pb2
from supercloud.pb.cosmos.authz.v1beta1.authz_pb2 import Grant
from supercloud.types.errors import InvalidAddress, InvalidRequest, InvalidType, Unauthorized, invariant

if TYPE_CHECKING:
    from google.protobuf.any_pb2 import Any as AnyPb
    from google.protobuf.message import Message

    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.authz.expected_keepers import AccountKeeper, BankKeeper


class StoredGrant(NamedTuple):
    """A grant with the parties that its key names."""

    granter: bytes
    grantee: bytes
    url: str
    grant: Grant


class Keeper:
    """Grants, their indexes, the queue of those that expire, and the kinds of authorizations."""

    def __init__(self, router: Router, accounts: AccountKeeper, bank: BankKeeper) -> None:
        self._router = router
        self._accounts = accounts
        self._bank = bank
        self._kinds: dict[str, Kind] = {}
        self.register_kind(GENERIC)
        self.register_kind(SEND)

    # --- Kinds

    def register_kind(self, kind: Kind) -> None:
        """Add a kind of authorization; at start-up only."""
        self._kinds["/" + kind.type.DESCRIPTOR.full_name] = kind

    def register_authorization(
        self,
        type_: type[Message],
        message_url: Callable[[Any], str],
        accept: Callable[[Context, Any, Any], Accept],
        validate: Callable[[Any], None] = lambda authorization: None,
    ) -> None:
        """Add a module's kind of authorization; at start-up only."""
        self.register_kind(Kind(type_, message_url, accept, validate))

    def unpack(self, packed: AnyPb) -> tuple[Kind, Message]:
        """The authorization in an Any and its kind."""
        kind = self._kinds.get(packed.type_url)
        if kind is None:
            given = packed.type_url
            raise InvalidType(f"unknown authorization {given}" if given else "authorization is nil")
        return kind, kind.type.FromString(packed.value)

    # --- Reading

    def grant(self, ctx: Context, granter: bytes, grantee: bytes, url: str) -> Grant | None:
        """The grant between two accounts for a message type, expired or not."""
        value = ctx.kv(keys.STORE).get(keys.grant_key(granter, grantee, url))
        return None if value is None else Grant.FromString(value)

    def authorization(
        self, ctx: Context, granter: bytes, grantee: bytes, url: str
    ) -> tuple[Message, int | None] | None:
        """The authorization in force between two accounts and its expiration (ns)."""
        grant = self.grant(ctx, granter, grantee, url)
        if grant is None or _expired(ctx, grant):
            return None
        return self.unpack(grant.authorization)[1], _expiration(grant)

    def grants_of_grantee(self, ctx: Context, grantee: bytes, url: str) -> list[tuple[bytes, Grant]]:
        """Grants in force to an account for a message type, in the order of the granters' addresses."""
        prefix = keys.type_prefix(grantee, url)
        granters = [key[len(prefix) :] for key, _ in ctx.kv(keys.STORE).prefix(prefix)]
        found = ((granter, self.grant(ctx, granter, grantee, url)) for granter in granters)
        return [
            (granter, grant) for granter, grant in found if grant is not None and not _expired(ctx, grant)
        ]

    def grants(self, ctx: Context) -> Iterator[StoredGrant]:
        """Every grant, by granter, grantee and message type."""
        for key, value in ctx.kv(keys.STORE).prefix(keys.GRANT_PREFIX):
            yield StoredGrant(*keys.parse_tail(key[1:]), Grant.FromString(value))

    # --- Writing

    def save(
        self, ctx: Context, granter: bytes, grantee: bytes, authorization: Message, expiration: int | None
    ) -> None:
        """Make or replace the grant for the authorization's message type."""
        packed = pack(authorization)
        url = self.unpack(packed)[0].message_url(authorization)
        if len(url.encode()) > keys.URL_BYTES_MAX:
            raise InvalidRequest("the message type is too long")
        kv = ctx.kv(keys.STORE)
        before = self.grant(ctx, granter, grantee, url)
        expiration_before = None if before is None else _expiration(before)
        if expiration_before != expiration:
            if expiration is not None and expiration <= ctx.time:
                raise InvalidExpiration(
                    "expiration must be after the current block time "
                    f"({rfc3339(ctx.time)}), got {rfc3339(expiration)}"
                )
            if expiration_before is not None:
                kv.delete(keys.queue_key(expiration_before, granter, grantee, url))
            if expiration is not None:
                kv.set(keys.queue_key(expiration, granter, grantee, url), keys.PRESENT)
        grant = Grant(
            authorization=packed, expiration=None if expiration is None else to_timestamp(expiration)
        )
        kv.set(keys.grant_key(granter, grantee, url), grant.SerializeToString(deterministic=True))
        if before is None:
            kv.set(keys.grantee_key(grantee, granter, url), keys.PRESENT)
            kv.set(keys.type_key(grantee, url, granter), keys.PRESENT)
        self._emit(ctx, event_pb2.EventGrant, granter, grantee, url)

    def delete(self, ctx: Context, granter: bytes, grantee: bytes, url: str) -> None:
        """Remove a grant."""
        grant = self.grant(ctx, granter, grantee, url)
        if grant is None:
            key = keys.grant_key(granter, grantee, url)
            raise NoAuthorization(f"failed to delete grant with key {key.decode(errors='replace')}")
        self._erase(ctx, StoredGrant(granter, grantee, url, grant))
        self._emit(ctx, event_pb2.EventRevoke, granter, grantee, url)

    def _erase(self, ctx: Context, stored: StoredGrant) -> None:
        granter, grantee, url, grant = stored
        kv = ctx.kv(keys.STORE)
        expiration = _expiration(grant)
        if expiration is not None:
            kv.delete(keys.queue_key(expiration, granter, grantee, url))
        kv.delete(keys.grant_key(granter, grantee, url))
        kv.delete(keys.grantee_key(grantee, granter, url))
        kv.delete(keys.type_key(grantee, url, granter))

    def _update(self, ctx: Context, stored: StoredGrant, authorization: Message) -> None:
        granter, grantee, url, grant = stored
        grant.authorization.CopyFrom(pack(authorization))
        ctx.kv(keys.STORE).set(
            keys.grant_key(granter, grantee, url), grant.SerializeToString(deterministic=True)
        )

    def prune(self, ctx: Context) -> None:
        """Remove expired grants with their indexes, oldest first, a bounded number a block."""
        expired: list[bytes] = []
        for key, _ in ctx.kv(keys.STORE).range(keys.QUEUE_PREFIX, keys.queue_end(ctx.time)):
            expired.append(key)
            if len(expired) == PRUNED_PER_BLOCK_MAX:
                break
        for key in expired:
            granter, grantee, url = keys.parse_queue_key(key)
            grant = self.grant(ctx, granter, grantee, url)
            invariant(grant is not None, "authz: the queue names a grant that does not exist")
            assert grant is not None
            self._erase(ctx, StoredGrant(granter, grantee, url, grant))

    def ensure_account(self, ctx: Context, grantee: bytes) -> None:
        """Give a grantee an account; modules get no grants."""
        if self._accounts.exists(ctx, grantee):
            return
        if self._bank.is_blocked(grantee):
            raise Unauthorized(f"{ctx.bech32.text(grantee)} is not allowed to receive funds")
        self._accounts.create(ctx, grantee)

    # --- Executing

    def dispatch(self, ctx: Context, grantee: bytes, messages: Sequence[Message]) -> list[bytes]:
        """Execute messages for their signers, by the grants that they gave to the grantee."""
        results: list[bytes] = []
        for index, message in enumerate(messages):
            route = self._router.route(message)
            signers = route.signers(message)
            if len(signers) != 1:
                raise WrongSignerCount
            try:
                granter = ctx.bech32.parse(signers[0])
            except ValueError as error:
                raise InvalidAddress(str(error)) from error
            if granter != grantee:
                self._use(ctx, granter, grantee, message)
            outer, ctx.events = ctx.events, []
            try:
                response = self._router.invoke(ctx, message)
                mark = ("authz_msg_index", str(index))
                outer.extend(Event(kind, (*attributes, mark)) for kind, attributes in ctx.events)
            finally:
                ctx.events = outer
            results.append(response.SerializeToString(deterministic=True))
        return results

    def _use(self, ctx: Context, granter: bytes, grantee: bytes, message: Message) -> None:
        url = "/" + message.DESCRIPTOR.full_name
        grant = self.grant(ctx, granter, grantee, url)
        if grant is None:
            raise NoAuthorization(
                f"failed to get grant with given granter: {ctx.bech32.text(granter)}, "
                f"grantee: {ctx.bech32.text(grantee)} & msgType: {url} "
            )
        if _expired(ctx, grant):
            raise AuthorizationExpired
        kind, authorization = self.unpack(grant.authorization)
        verdict = kind.accept(ctx, authorization, message)
        if verdict.delete:
            self.delete(ctx, granter, grantee, url)
        elif verdict.updated is not None:
            self._update(ctx, StoredGrant(granter, grantee, url, grant), verdict.updated)

    def _emit(
        self,
        ctx: Context,
        kind: type[event_pb2.EventGrant] | type[event_pb2.EventRevoke],
        granter: bytes,
        grantee: bytes,
        url: str,
    ) -> None:
        ctx.emit_typed(
            kind(msg_type_url=url, granter=ctx.bech32.text(granter), grantee=ctx.bech32.text(grantee))
        )


def _expiration(grant: Grant) -> int | None:
    return to_ns(grant.expiration) if grant.HasField("expiration") else None


def _expired(ctx: Context, grant: Grant) -> bool:
    return grant.HasField("expiration") and to_ns(grant.expiration) < ctx.time
