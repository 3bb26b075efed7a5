"""Deployment's keeper: the only reader and writer of deployments and groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from supercloud.chain.baseapp.record import Record
from supercloud.chain.x.deployment import keys, types
from supercloud.pb.akash.deployment.v1 import event_pb2
from supercloud.pb.akash.deployment.v1.deployment_pb2 import Deployment, DeploymentReclamation
from supercloud.pb.akash.deployment.v1beta4.group_pb2 import Group
from supercloud.pb.akash.deployment.v1beta4.params_pb2 import Params
from supercloud.types.errors import invariant
from supercloud.types.ids import DeploymentID, GroupID

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.pb.akash.deployment.v1beta4.groupspec_pb2 import GroupSpec

STATES = (types.ACTIVE, types.CLOSED)


class Keeper:
    """Deployments, their groups and the parameters."""

    def __init__(self) -> None:
        self._params = Record(keys.STORE, keys.PARAMS, Params)

    # Parameters.

    def params(self, ctx: Context) -> Params:
        """The parameters in force."""
        return self._params.read(ctx)

    def set_params(self, ctx: Context, params: Params) -> None:
        """Put checked parameters in force."""
        types.check_params(params)
        self._params.write(ctx, params)

    # Reading.

    def deployment(self, ctx: Context, deployment: DeploymentID) -> Deployment | None:
        """A deployment, in whatever state."""
        kv = ctx.kv(keys.STORE)
        for state in STATES:
            value = kv.get(keys.deployment_key(state, deployment))
            if value is not None:
                return Deployment.FromString(value)
        return None

    def group(self, ctx: Context, group: GroupID) -> Group | None:
        """A group, in whatever state."""
        value = ctx.kv(keys.STORE).get(keys.group_key(group))
        return None if value is None else Group.FromString(value)

    def groups(self, ctx: Context, deployment: DeploymentID) -> list[Group]:
        """A deployment's groups, by gseq."""
        found = ctx.kv(keys.STORE).prefix(keys.groups_prefix(deployment))
        return [Group.FromString(value) for _, value in found]

    def deployments(self, ctx: Context) -> Iterator[Deployment]:
        """Every deployment, the active ones first."""
        for _, value in ctx.kv(keys.STORE).prefix(keys.DEPLOYMENT):
            yield Deployment.FromString(value)

    # Verbs.

    def create(
        self,
        ctx: Context,
        deployment: DeploymentID,
        hash: bytes,
        specs: Sequence[GroupSpec],
        reclamation: DeploymentReclamation | None,
    ) -> list[GroupID]:
        """Store a new deployment and its groups, all open; returns the groups' ids."""
        made = Deployment(state=types.ACTIVE, hash=hash, created_at=ctx.height)
        made.id.CopyFrom(deployment.to_pb(ctx.bech32))
        if reclamation is not None:
            made.reclamation.CopyFrom(reclamation)
            made.reclamation.min_window.SetInParent()
        kv = ctx.kv(keys.STORE)
        value = made.SerializeToString(deterministic=True)
        kv.set(keys.deployment_key(types.ACTIVE, deployment), value)
        groups = []
        for gseq, spec in enumerate(specs, start=1):
            group = GroupID(deployment.owner, deployment.dseq, gseq)
            entry = Group(state=types.GROUP_OPEN, group_spec=spec, created_at=ctx.height)
            entry.id.CopyFrom(group.to_pb(ctx.bech32))
            self._store_group(ctx, group, entry)
            groups.append(group)
        ctx.emit_typed(event_pb2.EventDeploymentCreated(id=made.id, hash=hash))
        return groups

    def update_hash(self, ctx: Context, deployment: DeploymentID, stored: Deployment, hash: bytes) -> None:
        """Name another manifest."""
        stored.hash = hash
        self._store_deployment(ctx, deployment, stored)
        ctx.emit_typed(event_pb2.EventDeploymentUpdated(id=stored.id, hash=hash))

    def close(self, ctx: Context, deployment: DeploymentID) -> bool:
        """Close an active deployment; False when there is none to close."""
        stored = self.deployment(ctx, deployment)
        if stored is None or stored.state != types.ACTIVE:
            return False
        stored.state = types.CLOSED
        ctx.kv(keys.STORE).delete(keys.deployment_key(types.ACTIVE, deployment))
        self._store_deployment(ctx, deployment, stored)
        ctx.emit_typed(event_pb2.EventDeploymentClosed(id=stored.id))
        return True

    def end_group(self, ctx: Context, group: GroupID, stored: Group, insufficient_funds: bool) -> None:
        """Take a group off the market for good, or until it is started again when it merely ran out of
        funds."""
        self._move_group(
            ctx, group, stored, types.GROUP_INSUFFICIENT_FUNDS if insufficient_funds else types.GROUP_CLOSED
        )
        ctx.emit_typed(event_pb2.EventGroupClosed(id=stored.id))

    def pause_group(self, ctx: Context, group: GroupID, stored: Group) -> None:
        """Take a group off the market until its owner starts it again."""
        self._move_group(ctx, group, stored, types.GROUP_PAUSED)
        ctx.emit_typed(event_pb2.EventGroupPaused(id=stored.id))

    def start_group(self, ctx: Context, group: GroupID, stored: Group) -> None:
        """Bring a group back to the market."""
        self._move_group(ctx, group, stored, types.GROUP_OPEN)
        ctx.emit_typed(event_pb2.EventGroupStarted(id=stored.id))

    # Genesis.

    def import_deployment(self, ctx: Context, entry: Deployment, groups: Sequence[Group]) -> None:
        """Take a deployment and its groups over from a genesis document."""
        deployment = DeploymentID.from_pb(entry.id, ctx.bech32)
        if entry.state not in STATES:
            raise types.InvalidDeployment(f"{deployment.text(ctx.bech32)}: unknown state")
        if self.deployment(ctx, deployment) is not None:
            raise types.DeploymentExists(deployment.text(ctx.bech32))
        self._store_deployment(ctx, deployment, entry)
        for stored in groups:
            group = GroupID.from_pb(stored.id, ctx.bech32)
            if group.deployment != deployment or stored.state not in types.GROUP_TRANSITIONS:
                raise types.InvalidGroups(f"{group.text(ctx.bech32)} does not belong here")
            if self.group(ctx, group) is not None:
                raise types.InvalidGroups(f"{group.text(ctx.bech32)} is there twice")
            self._store_group(ctx, group, stored)

    # Storage.

    def _move_group(self, ctx: Context, group: GroupID, stored: Group, state: Group.State) -> None:
        allowed = types.GROUP_TRANSITIONS[stored.state]
        invariant(state in allowed, f"a group goes from {stored.state} to one of {allowed}, not {state}")
        stored.state = state
        self._store_group(ctx, group, stored)

    @staticmethod
    def _store_deployment(ctx: Context, deployment: DeploymentID, stored: Deployment) -> None:
        value = stored.SerializeToString(deterministic=True)
        ctx.kv(keys.STORE).set(keys.deployment_key(stored.state, deployment), value)

    @staticmethod
    def _store_group(ctx: Context, group: GroupID, stored: Group) -> None:
        ctx.kv(keys.STORE).set(keys.group_key(group), stored.SerializeToString(deterministic=True))

    # Truths that hold after every transaction.

    def invariants(self, ctx: Context) -> list[str]:
        """Violations: a closed deployment's groups are off the market; every group has a deployment; keys
        are right."""
        wrong: list[str] = []
        known: dict[DeploymentID, int] = {}
        for key, value in ctx.kv(keys.STORE).prefix(keys.DEPLOYMENT):
            stored = Deployment.FromString(value)
            deployment = DeploymentID.from_pb(stored.id, ctx.bech32)
            name = deployment.text(ctx.bech32)
            if key != keys.deployment_key(stored.state, deployment):
                wrong.append(f"deployment {name} lies under another state or id")
            if deployment in known:
                wrong.append(f"deployment {name} is stored twice")
            known[deployment] = stored.state
        for key, value in ctx.kv(keys.STORE).prefix(keys.GROUP):
            entry = Group.FromString(value)
            group = GroupID.from_pb(entry.id, ctx.bech32)
            name = group.text(ctx.bech32)
            if key != keys.group_key(group):
                wrong.append(f"group {name} lies under another id")
            state = known.get(group.deployment)
            if state is None:
                wrong.append(f"group {name} has no deployment")
            elif state == types.CLOSED and entry.state in (types.GROUP_OPEN, types.GROUP_PAUSED):
                wrong.append(f"group {name} is not ended under a closed deployment")
        return wrong
