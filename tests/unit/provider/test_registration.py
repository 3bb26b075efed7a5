"""The provider's record and certificate on the real ledger: made once, kept in step, renewed."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from supercloud.pb.akash.cert.v1 import msg_pb2 as cert_msg
from supercloud.pb.akash.provider.v1beta4 import query_pb2 as provider_query
from supercloud.provider import registration
from supercloud.provider.config import Config
from supercloud.sdk import certificate
from supercloud.sdk.errors import TemporaryError
from supercloud.testing.ledger import Ledger
from tests.unit.provider.ledger_client import LedgerClient, LedgerSender


class Stage:
    """Bob, who is about to be a provider."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "certificate"
        self.ledger = Ledger()
        self.client: Any = LedgerClient(self.ledger)
        self.sender: Any = LedgerSender(self.ledger, self.ledger.bob)

    async def ensure(self, **settings: Any) -> certificate.Certificate:
        config = Config(**settings)
        return await registration.ensure(self.client, self.sender, config, config.attributes, self.folder)

    async def record(self) -> Any:
        answer = await self.client.query(
            "/akash.provider.v1beta4.Query/Provider",
            provider_query.QueryProviderRequest(owner=self.ledger.bob.text),
            provider_query.QueryProviderResponse,
        )
        return answer.provider

    def names(self) -> list[str]:
        sent = [type(message).__name__ for message in self.sender.sent]
        self.sender.sent.clear()
        return sent


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


async def test_first_start_registers(stage: Stage) -> None:
    made = await stage.ensure(host="p.example", email="a@b.c")
    assert stage.names() == ["MsgCreateProvider", "MsgCreateCertificate"]
    record = await stage.record()
    assert (record.host_uri, record.info.email) == ("https://p.example:8443", "a@b.c")
    for file in stage.folder.iterdir():
        assert file.stat().st_mode & 0o077 == 0
    assert (stage.folder / "certificate.pem").read_bytes() == made.certificate


async def test_later_starts_change_nothing(stage: Stage) -> None:
    first = await stage.ensure()
    stage.names()
    assert (await stage.ensure()).serial == first.serial
    assert stage.names() == []


@pytest.mark.parametrize(
    "settings",
    [{"host": "other.example"}, {"attributes": {"host": "x", "region": "y"}}, {"website": "https://w"}],
)
async def test_changed_settings_change_the_record(stage: Stage, settings: dict[str, Any]) -> None:
    await stage.ensure()
    stage.names()
    await stage.ensure(**settings)
    assert stage.names() == ["MsgUpdateProvider"]
    await stage.ensure(**settings)
    assert stage.names() == []


async def test_a_change_that_the_network_refuses_stops_nothing(stage: Stage) -> None:
    first = await stage.ensure()
    found = await stage.ensure(attributes={"not a key": "x"})
    assert found.serial == first.serial
    assert "not a key" not in [attribute.key for attribute in (await stage.record()).attributes]


async def test_a_lost_or_torn_key_makes_a_new_certificate(stage: Stage) -> None:
    serials = {(await stage.ensure()).serial}
    for damage in (b"", b"-----BEGIN PRIVATE KEY-----\nAAAA", None):
        file = stage.folder / "private_key.pem"
        if damage is None:
            file.unlink()
        else:
            file.write_bytes(damage)
        serials.add((await stage.ensure()).serial)
    assert len(serials) == 4


async def test_a_certificate_that_is_not_on_the_ledger_is_replaced(stage: Stage) -> None:
    """Revoked by its owner, or kept by a start that crashed before it was published."""
    first = await stage.ensure()
    message = cert_msg.MsgRevokeCertificate()
    message.id.owner, message.id.serial = stage.ledger.bob.text, str(first.serial)
    await stage.sender.send([message])
    second = await stage.ensure()
    stage.sender.down = True
    (stage.folder / "certificate.pem").unlink()
    with pytest.raises(TemporaryError):
        await stage.ensure()
    stage.sender.down = False
    third = await stage.ensure()
    assert len({first.serial, second.serial, third.serial}) == 3


async def test_it_is_renewed_before_it_expires(stage: Stage) -> None:
    long_ago = datetime.datetime.now(datetime.UTC) - certificate.LIFETIME + datetime.timedelta(days=3)
    old = certificate.make(stage.ledger.bob.text, long_ago, ["localhost"])
    registration._save(stage.folder, old)
    message = cert_msg.MsgCreateCertificate(
        owner=stage.ledger.bob.text, cert=old.certificate, pubkey=old.public_key
    )
    await stage.sender.send([message])
    found = await registration.ensure_certificate(stage.client, stage.sender, Config(), stage.folder)
    assert found.serial != old.serial
    assert found.expires > datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=300)
