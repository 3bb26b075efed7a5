"""The network's own token cases, read from a clone of its chain-sdk that SUPERCLOUD_CHAIN_SDK names (bare or not)."""

from __future__ import annotations

import json
import os
import subprocess
import time
from typing import Any

import pytest

from supercloud.crypto import hd
from supercloud.crypto.secp256k1 import PrivateKey, verify
from supercloud.sdk import jwt
from supercloud.types.address import Bech32

CLONE = os.environ.get("SUPERCLOUD_CHAIN_SDK", "")
pytestmark = pytest.mark.skipif(not CLONE, reason="SUPERCLOUD_CHAIN_SDK names no clone of chain-sdk")
DAY = 86_400
BECH32 = Bech32("akash")


def read(name: str) -> str:
    command = ["git", "-C", CLONE, "show", f"HEAD:testdata/jwt/{name}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def key() -> PrivateKey:
    return hd.derive(read("mnemonic").strip())


def test_claims(key: PrivateKey) -> None:
    """Signed by the key of the corpus, each is accepted or refused as there."""
    now = int(time.time())
    values = {
        "Issuer": BECH32.text(key.address),
        "Provider": BECH32.text(b"p" * 20),
        "IatCurr": str(now),
        "NbfCurr": str(now),
        "Iat24h": str(now + DAY),
        "Nbf24h": str(now + DAY),
        "Exp48h": str(now + 2 * DAY),
    }
    text = read("cases_jwt.json.tmpl")
    for name, value in values.items():
        text = text.replace("{{." + name + "}}", value)
    cases = json.loads(text)
    assert len(cases) >= 30
    wrong = [case["description"] for case in cases if not agrees(case, key, now)]
    assert wrong == []


def agrees(case: dict[str, Any], key: PrivateKey, now: int) -> bool:
    claims = {
        name: int(value) if name in ("iat", "nbf", "exp") and str(value).isdigit() else value
        for name, value in case["claims"].items()
    }
    refused = False
    try:
        if not isinstance(claims.get("iss"), str):
            raise jwt.TokenInvalid("no issuer")
        # One case expires the moment it is made; ours would be tolerated for a few seconds more.
        jwt.check_claims(claims, now + jwt.LEEWAY_S + 1)
    except (jwt.TokenInvalid, jwt.ClaimsInvalid):
        refused = True
    return refused is (case["expected"]["signFail"] or case["expected"]["verifyFail"])


def test_signatures(key: PrivateKey) -> None:
    for case in json.loads(read("cases_es256k.json")):
        try:
            _, signed, signature = jwt.parse(case["tokenString"])
            good = verify(bytes(key.public_key), signed, signature)
        except jwt.TokenInvalid:
            good = False
        # Tokens of nobody are not tokens here, whatever their signature.
        nobody = "iss" not in case["expected"]["claims"]
        assert good is (not case["mustFail"] and not nobody), case["description"]
