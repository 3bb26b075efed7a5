"""The only reader and writer of the `consensus` store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.record import Record
from supercloud.chain.x.consensus import keys
from supercloud.pb.tendermint.types import params_pb2

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context


class Keeper:
    """The consensus parameters in force."""

    def __init__(self) -> None:
        self._params = Record(keys.STORE, keys.PARAMS, params_pb2.ConsensusParams)

    def params(self, ctx: Context) -> params_pb2.ConsensusParams:
        """Current parameters; shared, not to be changed."""
        return self._params.read(ctx)

    def set_params(self, ctx: Context, params: params_pb2.ConsensusParams) -> None:
        """Replace the parameters; the engine takes them over after the block."""
        self._params.write(ctx, params)
