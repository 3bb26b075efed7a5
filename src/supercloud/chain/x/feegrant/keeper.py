"""The only reader and writer of the `feegrant` store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from supercloud.chain.baseapp.context import Event
from supercloud.chain.x.feegrant import keys
from supercloud.chain.x.feegrant.types import Allowance, accept, expires_at, pack, unpack
from supercloud.pb.cosmos.feegrant.v1beta1.feegrant_pb2 import Grant
from supercloud.types.errors import InvalidRequest, NotFound, Unauthorized

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.feegrant.expected_keepers import AccountKeeper, BankKeeper
    from supercloud.types.coin import Coin


class Keeper:
    """Allowances between accounts, and the queue of those that expire."""

    def __init__(self, accounts: AccountKeeper, bank: BankKeeper) -> None:
        self._accounts = accounts
        self._bank = bank

    def grant(self, ctx: Context, granter: bytes, grantee: bytes) -> Grant | None:
        """The grant between two accounts."""
        value = ctx.kv(keys.STORE).get(keys.grant_key(granter, grantee))
        return None if value is None else Grant.FromString(value)

    def require_grant(self, ctx: Context, granter: bytes, grantee: bytes) -> Grant:
        """The grant between two accounts; sdk 38 when there is none."""
        grant = self.grant(ctx, granter, grantee)
        if grant is None:
            raise NotFound("fee-grant not found")
        return grant

    def grants(self, ctx: Context) -> Iterator[Grant]:
        """Every grant, by grantee and granter."""
        for _, value in ctx.kv(keys.STORE).prefix(keys.GRANT_PREFIX):
            yield Grant.FromString(value)

    def open_allowance(self, ctx: Context, granter: bytes, grantee: bytes, allowance: Allowance) -> None:
        """Make a new grant; the grantee gets an account if it has none."""
        if self.grant(ctx, granter, grantee) is not None:
            raise InvalidRequest("fee allowance already exists")
        if not self._accounts.exists(ctx, grantee):
            if self._bank.is_blocked(grantee):
                raise Unauthorized(f"{ctx.bech32.text(grantee)} is not allowed to receive funds")
            self._accounts.create(ctx, grantee)
        expiration = expires_at(allowance)
        if expiration is not None:
            if expiration < ctx.time:
                raise InvalidRequest("expiration is before current block time")
            ctx.kv(keys.STORE).set(keys.queue_key(expiration, granter, grantee), keys.PRESENT)
        self._save(ctx, granter, grantee, allowance)
        self._emit(ctx, "set_feegrant", granter, grantee)

    def revoke(self, ctx: Context, granter: bytes, grantee: bytes) -> None:
        """Remove a grant and its place in the queue."""
        grant = self.require_grant(ctx, granter, grantee)
        kv = ctx.kv(keys.STORE)
        kv.delete(keys.grant_key(granter, grantee))
        expiration = expires_at(unpack(grant.allowance))
        if expiration is not None:
            kv.delete(keys.queue_key(expiration, granter, grantee))
        self._emit(ctx, "revoke_feegrant", granter, grantee)

    def use(
        self, ctx: Context, granter: bytes, grantee: bytes, fee: Sequence[Coin], message_urls: Sequence[str]
    ) -> None:
        """Take a fee from an allowance, or raise what the allowance refuses with."""
        allowance = unpack(self.require_grant(ctx, granter, grantee).allowance)
        if accept(ctx, allowance, fee, message_urls):
            self.revoke(ctx, granter, grantee)
            self._emit(ctx, "use_feegrant", granter, grantee)
            return
        self._emit(ctx, "use_feegrant", granter, grantee)
        self._save(ctx, granter, grantee, allowance)
        self._emit(ctx, "update_feegrant", granter, grantee)

    def prune(self, ctx: Context, count_max: int) -> None:
        """Remove expired grants, oldest first, at most `count_max`."""
        kv = ctx.kv(keys.STORE)
        expired: list[bytes] = []
        for key, _ in kv.range(keys.QUEUE_PREFIX, keys.queue_end(ctx.time)):
            expired.append(key)
            if len(expired) == count_max:
                break
        for key in expired:
            kv.delete(key)
            kv.delete(keys.grant_key(*keys.parse_queue_key(key)))

    def _save(self, ctx: Context, granter: bytes, grantee: bytes, allowance: Allowance) -> None:
        grant = Grant(
            granter=ctx.bech32.text(granter), grantee=ctx.bech32.text(grantee), allowance=pack(allowance)
        )
        ctx.kv(keys.STORE).set(keys.grant_key(granter, grantee), grant.SerializeToString(deterministic=True))

    def _emit(self, ctx: Context, kind: str, granter: bytes, grantee: bytes) -> None:
        ctx.emit(Event(kind, (("granter", ctx.bech32.text(granter)), ("grantee", ctx.bech32.text(grantee)))))
