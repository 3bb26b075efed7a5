"""Contexts: metered stores, events, attempts; records, routes, genesis parts (context, record, router)."""

from __future__ import annotations

import pytest

from supercloud.chain.baseapp.authority import InvalidAuthority, require_authority
from supercloud.chain.baseapp.context import Context, Event, Mode, Profile, prefix_end
from supercloud.chain.baseapp.record import Record
from supercloud.chain.baseapp.router import NESTING_MAX, Router, signer_field, snake_case
from supercloud.chain.store.gas import GasMeter
from supercloud.pb.akash.market.v1 import event_pb2
from supercloud.pb.cosmos.auth.v1beta1 import auth_pb2, query_pb2
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend, MsgSendResponse
from supercloud.testing.ledger import Ledger
from supercloud.types.errors import InvalidRequest, OutOfGas, ProgrammerError, UnknownRequest


@pytest.fixture
def ctx(ledger: Ledger) -> Context:
    return ledger.context()


@pytest.mark.parametrize(
    ("act", "gas"),
    [
        (lambda kv: kv.get(b"key"), 1000 + 3 * (3 + 5)),
        (lambda kv: kv.get(b"none"), 1000 + 3 * 4),
        (lambda kv: kv.has(b"key"), 1000),
        (lambda kv: kv.set(b"key", b"longer"), 2000 + 30 * (3 + 6)),
        (lambda kv: kv.delete(b"key"), 1000),
        (lambda kv: list(kv.prefix(b"key")), 30 + 3 * 8),
        (lambda kv: list(kv.prefix(b"nothing")), 0),
    ],
)
def test_every_access_is_charged_the_same_cached_or_not(ctx: Context, act, gas: int) -> None:
    ctx.kv("base").set(b"key", b"value")
    for _ in range(2):
        mark, before = ctx.branch.mark(), ctx.gas.used
        act(ctx.kv("base"))
        assert ctx.gas.used - before == gas
        ctx.branch.revert(mark)


def test_an_access_beyond_the_limit_is_refused_before_it_writes(ctx: Context) -> None:
    poor = Context(ctx.block, ctx.branch, GasMeter(2_000), Mode.DELIVER, ctx.profile)
    with pytest.raises(OutOfGas, match="out of gas in location: WriteFlat; gasWanted: 2000, gasUsed: 2180"):
        poor.kv("base").set(b"key", b"val")
    assert ctx.kv("base").get(b"key") is None


def test_a_failed_attempt_undoes_writes_and_events_and_keeps_gas(ctx: Context) -> None:
    ctx.emit(Event("kept", ()))
    used = ctx.gas.used
    with pytest.raises(InvalidRequest), ctx.attempt():
        ctx.kv("base").set(b"key", b"value")
        ctx.emit(Event("undone", ()))
        raise InvalidRequest
    assert [event.type for event in ctx.events] == ["kept"]
    assert ctx.kv("base").get(b"key") is None
    assert ctx.gas.used > used + 2000
    with ctx.attempt():
        ctx.kv("base").set(b"key", b"value")
    assert ctx.kv("base").get(b"key") == b"value"


@pytest.mark.parametrize(
    ("prefix", "end"), [(b"a", b"b"), (b"a\xff", b"b"), (b"\xff", None), (b"", None), (b"\x00", b"\x01")]
)
def test_the_end_of_a_prefix(prefix: bytes, end: bytes | None) -> None:
    assert prefix_end(prefix) == end


def test_typed_events_are_json_by_field_in_order(ctx: Context) -> None:
    event = event_pb2.EventOrderCreated()
    event.id.owner, event.id.dseq, event.id.gseq, event.id.oseq = "akash1<&>", 7, 1, 2
    ctx.emit_typed(event)
    emitted = ctx.events[-1]
    assert emitted.type == "akash.market.v1.EventOrderCreated"
    assert dict(emitted.attributes)["id"] == (
        '{"owner":"akash1\\u003c\\u0026\\u003e","dseq":"7","gseq":1,"oseq":2}'
    )
    assert [key for key, _ in emitted.attributes] == sorted(key for key, _ in emitted.attributes)


def test_a_record_is_decoded_once_and_charged_each_time(ctx: Context) -> None:
    record = Record("base", b"\x99", auth_pb2.Params)
    with pytest.raises(ProgrammerError, match="missing"):
        record.read(ctx)
    record.write(ctx, auth_pb2.Params(tx_sig_limit=5))
    first, used = record.read(ctx), ctx.gas.used
    assert record.read(ctx) is first
    assert ctx.gas.used > used
    record.write(ctx, auth_pb2.Params(tx_sig_limit=6))
    assert (record.read(ctx).tx_sig_limit, first.tx_sig_limit) == (6, 5)


def test_profiles_differ_by_value() -> None:
    assert Profile() == Profile() != Profile(bech32_prefix="other")
    assert Profile(bech32_prefix="other").bech32.text(b"\0" * 20).startswith("other1")


def test_only_the_authority_is_the_authority(ctx: Context) -> None:
    require_authority(ctx, ctx.bech32.text(ctx.authority))
    with pytest.raises(InvalidAuthority, match=r"invalid authority; expected akash1.*, got akash1") as caught:
        require_authority(ctx, ctx.bech32.text(b"x" * 20))
    assert (caught.value.codespace, caught.value.code) == ("gov", 13)


# --- Routes


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("Params", "params"),
        ("DenomsMetadata", "denoms_metadata"),
        ("AccountAddressByID", "account_address_by_id"),
        ("Bech32Prefix", "bech32_prefix"),
    ],
)
def test_names_of_rpcs(name: str, snake: str) -> None:
    assert snake_case(name) == snake


def test_a_message_is_validated_then_handled_and_nesting_is_bounded(ctx: Context) -> None:
    router, seen = Router(), []

    def handle(ctx: Context, msg: MsgSend) -> MsgSendResponse:
        seen.append(ctx.depth)
        if msg.to_address:
            router.invoke(ctx, msg)
        return MsgSendResponse()

    router.message(MsgSend, handle, signers=signer_field("from_address"))
    assert router.signers(MsgSend(from_address="a")) == ("a",)
    router.invoke(ctx, MsgSend())
    with pytest.raises(UnknownRequest, match="nested deeper"):
        router.invoke(ctx, MsgSend(to_address="again"))
    assert seen == [1, *range(1, NESTING_MAX + 1)]
    assert ctx.depth == 0
    with pytest.raises(ValueError, match="twice"):
        router.message(MsgSend, handle, signers=signer_field("from_address"))


def test_a_refused_message_is_not_handled(ctx: Context) -> None:
    router = Router()

    def refuse(ctx: Context, msg: MsgSend) -> None:
        raise InvalidRequest("no")

    router.message(MsgSend, lambda ctx, msg: MsgSendResponse(), signers=signer_field("x"), validate=refuse)
    with pytest.raises(InvalidRequest):
        router.invoke(ctx, MsgSend())
    with pytest.raises(UnknownRequest, match="no message handler found"):
        router.invoke(ctx, MsgSendResponse())


def test_a_service_must_be_served_whole() -> None:
    service = query_pb2.DESCRIPTOR.services_by_name["Query"]

    class Server:
        def params(self, ctx: Context, request: object) -> None: ...

    with pytest.raises(ValueError, match="does not serve"):
        Router().query(service, Server())
    router = Router()
    router.query(service, Server(), without=tuple(m.name for m in service.methods if m.name != "Params"))
    assert list(router.query_handlers) == ["/cosmos.auth.v1beta1.Query/Params"]


def test_signers_may_stand_deep_in_a_message() -> None:
    event = event_pb2.EventOrderCreated()
    event.id.owner = "owner"
    assert signer_field("id", "owner")(event) == ("owner",)
