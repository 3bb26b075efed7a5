"""The self-description that the network's own clients ask for before anything else."""

from __future__ import annotations

from typing import Any

from supercloud.pb.akash.discovery.v1 import akash_pb2, client_info_pb2

OLDEST_API = "v1beta3"
NEWEST_API = "v1beta4"

_MODULES = (
    ("audit", "v1"),
    ("bme", "v1"),
    ("cert", "v1"),
    ("deployment", "v1beta4"),
    ("escrow", "v1"),
    ("market", "v1beta5"),
    ("oracle", "v2"),
    ("provider", "v1beta4"),
    ("take", "v1"),
    ("wasm", "v1"),
)


def describe(chain_id: str, version: str) -> akash_pb2.Akash:
    """What this node speaks."""
    modules = [client_info_pb2.ModuleVersion(module=name, version=text) for name, text in _MODULES]
    return akash_pb2.Akash(
        client_info=client_info_pb2.ClientInfo(api_version=OLDEST_API),
        supported_versions=[
            client_info_pb2.VersionInfo(api_version=api, modules=modules) for api in (NEWEST_API, OLDEST_API)
        ],
        chain_id=chain_id,
        node_version=version,
    )


def as_json(info: akash_pb2.Akash) -> dict[str, Any]:
    """The same for the JSON-RPC method `akash`."""
    return {
        "client_info": {"api_version": info.client_info.api_version},
        "supported_versions": [
            {
                "api_version": entry.api_version,
                "modules": [{"module": item.module, "version": item.version} for item in entry.modules],
                "features": list(entry.features),
            }
            for entry in info.supported_versions
        ],
        "chain_id": info.chain_id,
        "node_version": info.node_version,
        "min_client_version": info.min_client_version,
    }
