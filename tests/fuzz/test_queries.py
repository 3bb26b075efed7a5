"""Every query of every service with requests nobody would make, by gRPC and by REST."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import quote

import grpc
import pytest
from chain_client import ALICE, BECH32, BOB
from effort import Effort
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pool import Default
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from messages import Cast, fill, mutated, of_type, text
from target import ANSWER_S_MAX, Target

from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("fuzz")]

CAST = Cast([BECH32.text(ALICE.address), BECH32.text(BOB.address)], [BECH32.valoper(ALICE.address)], [])
UNKNOWN_TO_REFLECTION = "grpc.reflection"
HEIGHTS = ("0", "1", "1", "-1", "999999999", "9" * 30, "x", "")
PAGES = (
    {"limit": 2**64 - 1},
    {"limit": 2**64 - 1, "count_total": True},
    {"limit": 1, "offset": 2**64 - 1},
    {"limit": 2, "key": b"\xff" * 300},
    {"limit": 2, "key": b"\x00", "reverse": True},
    {"limit": 2, "key": b"\x01", "offset": 3},
    {"limit": 2**63, "offset": 2**63, "reverse": True},
)


@pytest.fixture(scope="module")
def channel(target: Target) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(target.grpc) as opened:
        yield opened


@pytest.fixture(scope="module")
def methods(channel: grpc.Channel) -> list[MethodDescriptor]:
    """All that the node's own reflection lists."""
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    asked = reflection_pb2.ServerReflectionRequest(list_services="")
    (answer,) = stub.ServerReflectionInfo(iter([asked]))
    names = [entry.name for entry in answer.list_services_response.service]
    found = [
        method
        for name in sorted(names)
        if not name.startswith(UNKNOWN_TO_REFLECTION)
        for method in Default().FindServiceByName(name).methods
    ]
    assert len(found) > 100
    return found


class Asking:
    """Calls of one round, all under way at once."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.channel = channel
        self.calls: list[tuple[str, bytes, Any]] = []

    def ask(self, method: MethodDescriptor, data: bytes, height: str = "0") -> None:
        path = f"/{method.containing_service.full_name}/{method.name}"
        call = self.channel.unary_unary(path)
        metadata = (("x-cosmos-block-height", height),)
        self.calls.append((path, data, call.future(data, timeout=ANSWER_S_MAX * 4, metadata=metadata)))

    def answers(self) -> set[grpc.StatusCode]:
        """Wait for all; none of them may speak of a defect, or take its time."""
        codes = set()
        for path, data, call in self.calls:
            code, said = call.code(), call.details() or ""
            where = f"{path} {data.hex()[:1000]}: {code} {said}"
            assert code not in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE), where
            # What does not decode is Internal, as on the network; an exception's name is nobody's refusal.
            assert "Error:" not in said and "Exception" not in said and "Traceback" not in said, where
            codes.add(code)
        self.calls = []
        return codes


def test_random_bytes(
    target: Target, channel: grpc.Channel, methods: list[MethodDescriptor], effort: Effort
) -> None:
    with target.unharmed():
        for random in effort.rounds(2):
            asking = Asking(channel)
            for method in methods:
                asking.ask(method, random.randbytes(random.randrange(1, 60)))
                good = of_type(method.input_type, random, CAST).SerializePartialToString()
                asking.ask(method, mutated(good, random), random.choice(HEIGHTS))
            assert grpc.StatusCode.INTERNAL in asking.answers()


def test_requests_of_the_right_type(
    target: Target, channel: grpc.Channel, methods: list[MethodDescriptor], effort: Effort
) -> None:
    with target.unharmed():
        for random in effort.rounds(4):
            asking = Asking(channel)
            for method in methods:
                message = of_type(method.input_type, random, CAST)
                asking.ask(method, message.SerializePartialToString(), random.choice(HEIGHTS[:3]))
            assert grpc.StatusCode.OK in asking.answers()


def test_pages_that_do_not_exist(
    target: Target, channel: grpc.Channel, methods: list[MethodDescriptor]
) -> None:
    paged = [method for method in methods if "pagination" in method.input_type.fields_by_name]
    assert len(paged) > 30
    with target.unharmed():
        asking = Asking(channel)
        for method in paged:
            for page in PAGES:
                request: Any = of_type(method.input_type, Random(1), CAST, 0)
                fill(request, Random(1), CAST, 0.5)
                request.pagination.CopyFrom(PageRequest(**page))  # type: ignore[arg-type]
                asking.ask(method, request.SerializePartialToString())
        assert grpc.StatusCode.OK in asking.answers()


def test_methods_and_services_that_do_not_exist(target: Target, channel: grpc.Channel) -> None:
    with target.unharmed():
        for path in (
            "/",
            "//",
            "/x",
            "/cosmos.bank.v1beta1.Query/",
            "/cosmos.bank.v1beta1.Query/No",
            "/a/b/c",
        ):
            with pytest.raises(grpc.RpcError) as caught:
                channel.unary_unary(path)(b"", timeout=ANSWER_S_MAX)
            assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED  # type: ignore[attr-defined]


PARAMETERS = (
    "pagination.limit=18446744073709551615",
    "pagination.limit=-1",
    "pagination.limit=99999999999999999999999",
    "pagination.offset=-5",
    "pagination.key=%ff%fe",
    "pagination.key=AAA",
    "pagination.reverse=maybe",
    "pagination.limit.limit=1",
    "pagination=1",
    "denom=%00",
    "denom=%ff",
    "filters.owner=x&filters.dseq=-1",
    "filters.dseq=%F0%9F%98%80",
    "a=" + "b" * 5000,
    "&".join(f"x{number}=1" for number in range(400)),
    "=&=&&;;",
    "proposal_status=99",
    "height=1e9",
)


def test_rest_paths_and_parameters(target: Target, effort: Effort) -> None:
    document = json.loads(target.get(f"{target.rest}/openapi.json")[1])
    templates = sorted(path for path, verbs in document["paths"].items() if "get" in verbs)
    assert len(templates) > 80
    with target.unharmed():
        for random in effort.rounds(3):
            for template in templates:
                url = _filled(template, random)
                query = random.choice(PARAMETERS)
                headers = {"x-cosmos-block-height": random.choice(("1", "0", "-1", "x", "9" * 40))}
                status, body, seconds = target.get(
                    f"{target.rest}{url}?{query}", headers if random.random() < 0.3 else None
                )
                where = f"{random.seed_used}: {url}?{query}: {status} {body[:300]!r}"
                answer = json.loads(body)
                assert status < 500 or _refused_like_the_network(status, answer), where
                assert seconds < ANSWER_S_MAX, where


def _refused_like_the_network(status: int, answer: dict[str, Any]) -> bool:
    """Statuses of 500 and up are gRPC's Unknown, Internal, Unimplemented and Unavailable; none may name an exception."""
    words = str(answer["message"])
    return status in (500, 501) and answer["code"] in (2, 12, 13) and "Error:" not in words


def _filled(template: str, random: Random) -> str:
    parts = []
    for part in template.split("/"):
        if part.startswith("{"):
            choices = (
                *CAST.accounts,
                *CAST.validators,
                "1",
                "uakt",
                "-1",
                "9" * 30,
                "%00",
                "%ff",
                "..",
                "%2e%2e%2f",
                "~",
            )
            part = random.choice((*choices, quote(text(random)[:300], safe="") or "x"))
        parts.append(part)
    return "/".join(parts)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"tx_bytes":' * 50_000,
        b'{"tx_bytes":5,"mode":{}}',
        b'{"tx_bytes":"\xff"}',
        b'{"tx":{"body":{"messages":[{"@type":"/google.protobuf.Any"}]}}}',
        b'{"tx":{"body":{"messages":[{"@type":"/cosmos.bank.v1beta1.MsgSend","amount":7}]}}}',
        b'{"tx":{"body":{"timeout_timestamp":"0000-00-00T99:99:99Z"}}}',
        b'{"tx":{"auth_info":{"fee":{"gas_limit":"-1"}}}}',
        b'{"tx":{"auth_info":{"fee":{"gas_limit":1e400}}}}',
        b'{"tx_bytes":"' + b"A" * 1_000_000 + b'"}',
        b"null",
        b"[]",
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
def test_rest_bodies(target: Target, body: bytes) -> None:
    with target.unharmed():
        for path in ("/cosmos/tx/v1beta1/simulate", "/cosmos/tx/v1beta1/txs", "/cosmos/tx/v1beta1/encode"):
            status, answer, seconds = target.post(body, target.rest + path)
            assert status < 500 or _refused_like_the_network(status, json.loads(answer)), answer
            assert seconds < ANSWER_S_MAX
