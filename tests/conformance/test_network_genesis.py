"""Genesis documents of the public network's own testnets, from a clone that a variable names (bare or not):

SUPERCLOUD_AKASH_NET     akash-network/net

Their one founder signed with the network's own program, so that a chain starts only if the transaction is read from its
JSON to the byte as it was signed. The documents are read where they lie; none of them is part of this repository.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest

from supercloud.node import founding
from supercloud.node.genesis import GenesisError

CLONE = os.environ.get("SUPERCLOUD_AKASH_NET", "")
REVISION = "21eb214"
FOREIGN = ("07-tendermint", "awasm", "crisis", "ibc", "transfer", "wasm")

pytestmark = pytest.mark.skipif(not CLONE, reason="SUPERCLOUD_AKASH_NET names no clone of akash-network/net")


def document_of(name: str) -> dict[str, Any]:
    """The document of a testnet."""
    command = ["git", "-C", CLONE, "show", f"{REVISION}:{name}/genesis.json"]
    document: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return document


@pytest.mark.parametrize("name", ["testnet-bme", "testnet-oracle"])
def test_a_chain_starts_from_what_the_networks_program_wrote(name: str) -> None:
    document = document_of(name)
    with pytest.raises(GenesisError, match=", ".join(FOREIGN)):
        founding.adopt(document)
    # Prices had another form then.
    founding.adopt(document, (*FOREIGN, "oracle"))
    checked = founding.validate(document)
    assert (checked.genesis.chain_id, checked.founders, checked.validators) == (name, 1, 1)


def test_a_founder_of_another_chain_is_refused() -> None:
    document = document_of("testnet-bme")
    founding.adopt(document, (*FOREIGN, "oracle"))
    with pytest.raises(GenesisError, match="signature verification failed"):
        founding.validate({**document, "chain_id": "testnet-other"})
