"""SDL files of others, from clones that variables name (bare or not), skipped where there is none:

SUPERCLOUD_CHAIN_SDK     akash-network/chain-sdk: inputs with the manifest and groups they must give, files to refuse
SUPERCLOUD_AWESOME_AKASH akash-network/awesome-akash: hundreds of public workloads, read from start to end

The files are read where they lie; none of them is part of this repository.
"""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from supercloud import sdl

CHAIN_SDK = os.environ.get("SUPERCLOUD_CHAIN_SDK", "")
AWESOME = os.environ.get("SUPERCLOUD_AWESOME_AKASH", "")
FIXTURES = "testdata/sdl/"


def listed(clone: str, start: str = "") -> list[str]:
    """Names of a clone's files under a folder."""
    command = ["git", "-C", clone, "ls-tree", "-r", "-z", "--name-only", "HEAD", start or "."]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    return sorted(name for name in found if name)


def read(clone: str, name: str) -> bytes:
    """One file of a clone."""
    command = ["git", "-C", clone, "show", f"HEAD:{name}"]
    return subprocess.run(command, check=True, capture_output=True).stdout


needs_sdk = pytest.mark.skipif(not CHAIN_SDK, reason="SUPERCLOUD_CHAIN_SDK names no clone of chain-sdk")
INPUTS = [n for n in listed(CHAIN_SDK, FIXTURES + "input/") if n.endswith("/input.yaml")] if CHAIN_SDK else []
REFUSED = listed(CHAIN_SDK, FIXTURES + "input/invalid/") if CHAIN_SDK else []


@needs_sdk
@pytest.mark.parametrize("name", INPUTS)
def test_manifest_and_groups(name: str) -> None:
    made = sdl.load(read(CHAIN_SDK, name), name)
    expected = name.replace("input/", "output-fixtures/", 1).removesuffix("input.yaml")
    assert made.manifest_json == json.loads(read(CHAIN_SDK, expected + "manifest.json"))
    assert made.groups_json == json.loads(read(CHAIN_SDK, expected + "group-specs.json"))


@needs_sdk
@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    with pytest.raises(sdl.SdlError, match=name.rpartition("/")[2]):
        sdl.load(read(CHAIN_SDK, name), name)


# Files that the network's own tools refuse too, by why: units such as 16GB or 1gi, which are none.
REFUSED_UNITS = (
    "automatic-deployment-CICD-template/deploy.yaml",
    "avalanche/deploy.yaml",
    "bancor/deploy.yaml",
    "bancor/deploy_static.yaml",
    "bark-small/deploy.yaml",
    "bitbucket/deploy.yaml",
    "centrifuge/deploy.yaml",
    "chromadb/deploy.yaml",
    "elasticsearch/deploy.yaml",
    "elasticsearch/deploy_with_kibana.yaml",
    "ghrunner/deploy.yaml",
    "gitea/deploy.yaml",
    "gitea/deploy_postgres.yaml",
    "handshake/deploy.yaml",
    "onetimepad/deploy.yaml",
    "paperclip/deploy.yaml",
    "ray/deploy.yaml",
    "ray/ray-nightly-py310-gpu.yml",
    "satisfactory-server/deploy.yaml",
    "tensorflow-jupyter-ezkl/deploy.yaml",
    "uptime-kuma/deploy.yaml",
)
REFUSED_OTHERWISE = {
    "Venice-ElizaOS/deploy.yml": "found a list",
    "axolotlai/deploy.yaml": "requires service",
    "codex/deploy.yml": "at most 104857600",
    "minio/deploy.yml": "found a mapping",
    "postgres-s3-backup/deploy.yaml": "no port is exposed",
    "steamcmd/deploy.yaml": "cannot unmarshal ``",
    "teamspeak/deploy.yaml": "not valid YAML",
}


@pytest.mark.skipif(not AWESOME, reason="SUPERCLOUD_AWESOME_AKASH names no clone of awesome-akash")
def test_public_workloads() -> None:
    taken, refused = [], {}
    for name in listed(AWESOME):
        if not name.endswith((".yaml", ".yml")):
            continue
        content = read(AWESOME, name)
        if b"\ndeployment:" not in content:
            continue  # not an SDL file
        try:
            document = sdl.load(content, name)
        except sdl.SdlError as error:
            refused[name] = str(error)
            continue
        assert document.group_specs() and len(document.version) == 32
        taken.append(name)
    print(f"{len(taken)} of {len(taken) + len(refused)} public SDL files are taken")
    for reason in refused.values():
        print(f"  {reason}")
    for name in REFUSED_UNITS:
        assert "invalid syntax; allowed: a size such as" in refused.pop(name)
    for name, fragment in REFUSED_OTHERWISE.items():
        assert fragment in refused.pop(name)
    assert refused == {}
