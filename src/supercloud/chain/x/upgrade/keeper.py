"""Upgrade's keeper: the plan, what was applied, the versions of the modules' stores, and which upgrades are known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from google.protobuf.timestamp_pb2 import Timestamp

from supercloud.chain.x.upgrade import keys, types
from supercloud.pb.cosmos.upgrade.v1beta1.upgrade_pb2 import Plan
from supercloud.types.errors import InvalidRequest

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context

Handler = Callable[["Context", Mapping[str, int]], None]
"""Migrates the stores; gets the modules' versions before."""


class Keeper:
    """Plan, history, versions. What the program knows and skips is the node's, not state."""

    def __init__(self) -> None:
        self._handlers: Mapping[str, Handler] = {}
        self._versions: Mapping[str, int] = {}
        self._skipped: Collection[int] = ()
        self._verified = False

    def know(self, handlers: Mapping[str, Handler], versions: Mapping[str, int]) -> None:
        """Tell which upgrades this program knows and which versions of stores it works with; at start-up only."""
        self._handlers, self._versions = handlers, versions

    def skip(self, heights: Collection[int]) -> None:
        """Heights at which this node drops a plan that is due: for networks that agree not to upgrade."""
        self._skipped = heights

    # --- The plan

    def plan(self, ctx: Context) -> Plan | None:
        """What is to come, or None."""
        value = ctx.kv(keys.STORE).get(keys.PLAN)
        return None if value is None else Plan.FromString(value)

    def schedule(self, ctx: Context, plan: Plan) -> None:
        """Plan an upgrade, in place of the plan before."""
        types.check_plan(plan)
        if plan.height < ctx.height:
            raise InvalidRequest("upgrade cannot be scheduled in the past")
        if self.applied_height(ctx, plan.name):
            raise InvalidRequest(f"upgrade with name {plan.name} has already been completed")
        self.set_plan(ctx, plan)

    def set_plan(self, ctx: Context, plan: Plan) -> None:
        """Write a checked plan."""
        kept = Plan(name=plan.name, height=plan.height, info=plan.info, time=Timestamp(seconds=types.NEVER_S))
        ctx.kv(keys.STORE).set(keys.PLAN, kept.SerializeToString(deterministic=True))

    def cancel(self, ctx: Context) -> None:
        """Drop the plan, if there is one."""
        ctx.kv(keys.STORE).delete(keys.PLAN)

    # --- Applying

    def begin(self, ctx: Context) -> None:
        """Apply a plan that is due. Raises Halt where this program is not the one for this block."""
        plan = self.plan(ctx)
        due = plan is not None and plan.height <= ctx.height
        skipped = due and ctx.height in self._skipped
        if not self._verified:
            if not due or skipped:
                self._require_known_past(ctx)
            self._verified = True
        if plan is None:
            return
        if skipped:
            self.cancel(ctx)
        elif due:
            self._apply(ctx, plan)
        elif plan.name in self._handlers:
            raise types.UpgradeTooEarly(plan.name, plan.height)

    def _require_known_past(self, ctx: Context) -> None:
        for key, _ in ctx.kv(keys.STORE).prefix(keys.APPLIED_PREFIX, reverse=True):
            _, name = keys.parse_applied_key(key)
            if name not in self._handlers:
                raise types.UpgradeForgotten(name)
            return

    def _apply(self, ctx: Context, plan: Plan) -> None:
        handler = self._handlers.get(plan.name)
        if handler is None:
            raise types.UpgradeNeeded(plan.name, ctx.height, plan.info)
        handler(ctx, dict(self.versions(ctx)))
        self.set_versions(ctx, self._versions)
        self.cancel(ctx)
        self.mark_applied(ctx, plan.name, ctx.height)

    # --- What was applied

    def applied(self, ctx: Context) -> Iterator[tuple[int, str]]:
        """Heights and names, by height."""
        for key, _ in ctx.kv(keys.STORE).prefix(keys.APPLIED_PREFIX):
            yield keys.parse_applied_key(key)

    def applied_height(self, ctx: Context, name: str) -> int:
        """Height at which an upgrade was applied; 0 when it was not."""
        return next((height for height, each in self.applied(ctx) if each == name), 0)

    def mark_applied(self, ctx: Context, name: str, height: int) -> None:
        """Remember an upgrade."""
        ctx.kv(keys.STORE).set(keys.applied_key(height, name), keys.PRESENT)

    # --- Versions of the modules' stores

    def versions(self, ctx: Context) -> Iterator[tuple[str, int]]:
        """Version of each module's store, by module."""
        for key, value in ctx.kv(keys.STORE).prefix(keys.VERSION_PREFIX):
            yield key[1:].decode(), int.from_bytes(value, "big")

    def set_versions(self, ctx: Context, versions: Mapping[str, int] | None = None) -> None:
        """Replace them; by those of this program unless told otherwise."""
        kv = ctx.kv(keys.STORE)
        for key, _ in list(kv.prefix(keys.VERSION_PREFIX)):
            kv.delete(key)
        chosen = self._versions if versions is None else versions
        for module in sorted(chosen):
            kv.set(keys.version_key(module), chosen[module].to_bytes(8, "big"))

    # --- Invariants

    def invariants(self, ctx: Context) -> list[str]:
        """Violations: a name that was applied twice, or is planned again."""
        names = [name for _, name in self.applied(ctx)]
        plan = self.plan(ctx)
        if plan is not None:
            names.append(plan.name)
        return [f"upgrade: {name} twice" for name in sorted(dict.fromkeys(names)) if names.count(name) > 1]
