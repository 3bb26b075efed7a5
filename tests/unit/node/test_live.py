"""Which queries need the process that makes blocks."""

import pytest
from small_node import SmallNode, transfer

from supercloud.node.live import Here, needs_live
from supercloud.pb.cosmos.tx.v1beta1 import service_pb2
from supercloud.pb.tendermint.abci import types_pb2 as abci


@pytest.mark.parametrize(
    ("path", "prove", "needed"),
    [
        ("/cosmos.tx.v1beta1.Service/Simulate", False, True),
        ("/app/simulate", False, True),
        ("app/version", False, False),
        ("/store/bank/key", True, True),
        ("/store/bank/key", False, False),
        ("/cosmos.bank.v1beta1.Query/Balance", True, False),
    ],
)
def test_what_can_not_be_read_from_a_height(path: str, prove: bool, needed: bool) -> None:
    assert needs_live(abci.RequestQuery(path=path, prove=prove)) is needed


async def test_here_is_the_state_machine(small: SmallNode) -> None:
    small.block()
    here = Here(small.app)
    answer = await here.simulate(service_pb2.SimulateRequest(tx_bytes=transfer(5, 0)))
    assert answer.gas_info.gas_used > 0
    assert (await here.check_tx(transfer(5, 1))).code == 32
    assert (await here.query(abci.RequestQuery(path="/app/version"))).value == small.app.version.encode()
