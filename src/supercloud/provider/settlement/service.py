"""Withdraws what leases earned, many in one transaction, when it is worth the fee or an account runs dry.

The ledger settles an account only when somebody touches it, so a lease whose deposit is used up stays active until
then. Its provider is the one who works for nothing meanwhile, and therefore looks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from supercloud.pb.akash.market.v1beta5 import leasemsg_pb2
from supercloud.provider.config import Config
from supercloud.sdk import market
from supercloud.sdk.batch import BatchSender
from supercloud.sdk.client import Client
from supercloud.sdk.errors import SdkError
from supercloud.types.dec import Dec

log = logging.getLogger(__name__)


class Settlement:
    """One provider's earnings. Leases are items of the ledger's lease query."""

    def __init__(self, client: Client, batch: BatchSender, config: Config) -> None:
        self._client = client
        self._batch = batch
        self._config = config

    async def withdraw(self, leases: Sequence[Any], height: int) -> int:
        """Withdraw from these leases where it is worth it; returns how many."""
        minimum = self._config.withdraw_minimum
        return await self._withdraw([item.lease.id for item in leases if earned(item, height) >= minimum])

    async def withdraw_exhausted(self, leases: Sequence[Any], height: int) -> int:
        """Touch the leases whose account holds nothing more, so that the ledger ends them; returns how many."""
        return await self._withdraw(
            [item.lease.id for item in leases if await self._is_exhausted(item.lease.id, height)]
        )

    async def _is_exhausted(self, id_: Any, height: int) -> bool:
        found = await market.deployment(self._client, id_.owner, id_.dseq)
        drawing = await market.leases(self._client, id_.owner, id_.dseq, state="active")
        return exhausted(found.escrow_account, (item.lease for item in drawing), height)

    async def _withdraw(self, due: Sequence[Any]) -> int:
        results = await asyncio.gather(
            *(self._batch.submit(leasemsg_pb2.MsgWithdrawLease(id=id_)) for id_ in due),
            return_exceptions=True,
        )
        done = 0
        for id_, result in zip(due, results, strict=True):
            if isinstance(result, SdkError):
                log.warning("withdrawal failed", extra={"dseq": id_.dseq, "reason": str(result)})
            elif isinstance(result, BaseException):
                raise result
            else:
                done += 1
        return done


def earned(item: Any, height: int) -> int:
    """Whole micro-units that a lease has earned and not withdrawn, counted from when it began."""
    rate = Dec.from_wire(item.lease.price.amount)
    blocks = max(height - item.lease.created_at, 0)
    return rate.mul_int(blocks).truncate() - int(item.escrow_payment.state.withdrawn.amount or 0)


def exhausted(account: Any, leases: Iterable[Any], height: int) -> bool:
    """Whether what an account holds is used up by the leases that draw from it since it was settled."""
    blocks = max(height - account.state.settled_at, 0)
    owed: dict[str, int] = {}
    for lease in leases:
        owed[lease.price.denom] = owed.get(lease.price.denom, 0) + int(lease.price.amount) * blocks
    held = {balance.denom: int(balance.amount or 0) for balance in account.state.funds}
    return any(amount > held.get(denom, 0) for denom, amount in owed.items())
