"""What an Any may hold: the written list (known_types), no more and no less, whatever is loaded."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.any_pb2 import Any

import supercloud.pb
from supercloud.codec import known_types, registry
from supercloud.pb.cosmos.bank.v1beta1 import query_pb2, tx_pb2
from supercloud.types.errors import TxParse

HOME = Path(supercloud.pb.__file__).parent


def test_all_of_the_list_resolve() -> None:
    for url in registry.type_urls():
        assert "/" + registry.message_class(url).DESCRIPTOR.full_name == url
    assert len(registry.type_urls()) == sum(len(names.split()) for names in known_types.KNOWN.values())


def test_every_message_of_a_msg_service_is_listed() -> None:
    listed = set(registry.type_urls())
    for path in HOME.rglob("tx_pb2.py"):
        module = importlib.import_module(
            "supercloud.pb." + ".".join(path.relative_to(HOME).with_suffix("").parts)
        )
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods if service.name == "Msg" else ():
                assert "/" + method.input_type.full_name in listed
                assert "/" + method.output_type.full_name in listed


@pytest.mark.parametrize(
    "url",
    [
        "/" + query_pb2.QueryBalanceRequest.DESCRIPTOR.full_name,
        "/google.protobuf.Any",
        "/cosmos.tx.v1beta1.TxBody",
        "/akash.deployment.v1beta3.MsgCreateDeployment",
        "cosmos.bank.v1beta1.MsgSend",
        "//cosmos.bank.v1beta1.MsgSend",
        "/cosmos.bank.v1beta1.MsgSend ",
        "/",
        "",
    ],
)
def test_others_do_not(url: str) -> None:
    with pytest.raises(TxParse, match="unable to resolve type URL"):
        registry.unpack(Any(type_url=url))


def test_it_does_not_matter_what_is_loaded() -> None:
    """A bare process that imported nothing of the market's reads its messages all the same."""
    code = (
        "from supercloud.codec import registry;"
        "print(registry.message_class('/akash.market.v1beta5.MsgCreateBid').DESCRIPTOR.full_name)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "akash.market.v1beta5.MsgCreateBid"


def test_pack_and_unpack() -> None:
    message = tx_pb2.MsgSend(from_address="a", to_address="b")
    assert registry.unpack(registry.pack(message)) == message
    with pytest.raises(TxParse):
        registry.unpack(Any(type_url="/cosmos.bank.v1beta1.MsgSend", value=b"\x0a\xff"))
