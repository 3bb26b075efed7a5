"""Withdraws what leases earned, many in one transaction, when it is worth the fee or an account runs dry."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from supercloud.pb.akash.market.v1beta5 import leasemsg_pb2
from supercloud.provider.config import Config
from supercloud.sdk.batch import BatchSender
from supercloud.sdk.errors import SdkError
from supercloud.types.dec import Dec

log = logging.getLogger(__name__)


class Settlement:
    """One provider's earnings."""

    def __init__(self, batch: BatchSender, config: Config) -> None:
        self._batch = batch
        self._config = config

    async def withdraw(self, leases: Sequence[Any], height: int) -> int:
        """Withdraw from these leases (query items) where it is worth it; returns how many."""
        due = [item.lease.id for item in leases if earned(item, height) >= self._config.withdraw_minimum]
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
