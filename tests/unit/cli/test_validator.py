"""`supercloud node create-validator`: what it sends, and when it sends nothing. A real one: tests/integration/network."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from supercloud.cli.main import root
from supercloud.codec import registry
from supercloud.crypto import ed25519
from supercloud.pb.cosmos.crypto.ed25519.keys_pb2 import PubKey
from supercloud.pb.cosmos.staking.v1beta1.tx_pb2 import MsgCreateValidator
from supercloud.types.address import Bech32

KEY = ed25519.PrivateKey(b"\1" * 32).public_key
OPERATOR = b"o" * 20
BECH32 = Bech32("cloud")


class Network:
    """A node that says it is ours, and what it was sent."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.status: dict[str, Any] = {
            "node_info": {"moniker": "mine"},
            "sync_info": {"catching_up": False},
            "validator_info": {"pub_key": {"value": base64.b64encode(KEY).decode()}},
        }

    async def call(self, method: str) -> Any:
        assert method == "status"
        return self.status

    async def send(self, messages: list[Any]) -> Any:
        self.sent += messages
        return SimpleNamespace(hash="AB", height=7)

    @asynccontextmanager
    async def signing(self, settings: Any) -> AsyncIterator[Any]:
        client = SimpleNamespace(rpc=self, bech32=BECH32)
        yield SimpleNamespace(client=client, sender=self, key=SimpleNamespace(address=OPERATOR))


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    network = Network()
    monkeypatch.setattr("supercloud.cli.session.signing", network.signing)
    return network


def call(*words: str) -> Any:
    return CliRunner().invoke(root, ["node", "create-validator", *words], prog_name="supercloud")


def test_the_key_of_the_node_gets_the_stake_of_the_account(network: Network) -> None:
    done = call("5000000ufoo", "--commission-rate", "0.05", "--details", "ours", "--json")
    assert done.exit_code == 0, done.output
    (message,) = network.sent
    assert isinstance(message, MsgCreateValidator)
    assert message.validator_address == BECH32.valoper(OPERATOR)
    assert registry.unpack(message.pubkey) == PubKey(key=KEY)
    assert (message.value.denom, message.value.amount) == ("ufoo", "5000000")
    assert (message.description.moniker, message.description.details) == ("mine", "ours")
    assert message.commission.rate == "50000000000000000"
    made = json.loads(done.stdout)
    assert made["validator"] == message.validator_address and made["height"] == 7


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["1ufoo,2ubar"], {}, "one coin is staked"),
        (["lots"], {}, "lots"),
        (["1ufoo", "--commission-rate", "much"], {}, "commission"),
        (["1ufoo"], {"sync_info": {"catching_up": True}}, "not level with the others"),
        (["1ufoo"], {"validator_info": {"pub_key": {"value": ""}}}, "no key to sign with"),
    ],
)
def test_what_would_end_badly_is_not_sent(
    network: Network, words: list[str], status: dict[str, Any], said: str
) -> None:
    network.status |= status
    done = call(*words)
    assert done.exit_code == 1 and said in done.stderr and network.sent == []
