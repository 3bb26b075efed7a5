"""SDL files: what a tenant writes, and what the ledger (groups) and the provider (manifest) each get of it.

    load(text) -> Sdl        .group_specs()  .manifest_json  .version

Pure: no file is read here, and the same text gives the same bytes everywhere.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from supercloud.pb.akash.deployment.v1beta4 import groupspec_pb2
from supercloud.sdl import groups, manifest
from supercloud.sdl.document import Place, SdlError
from supercloud.sdl.parser import read
from supercloud.sdl.rules import check

__all__ = ["Place", "Sdl", "SdlError", "load"]


class Sdl(NamedTuple):
    """A valid file in all its forms. `version` is the 32-byte hash that goes on the ledger."""

    groups_json: list[dict[str, Any]]
    manifest_json: list[dict[str, Any]]
    canonical_manifest: bytes
    version: bytes
    denom: str
    reclamation_min_window: int | None
    warnings: tuple[str, ...]

    def group_specs(self) -> list[groupspec_pb2.GroupSpec]:
        """Groups as messages for the ledger."""
        return [groups.to_pb(group) for group in self.groups_json]


def load(text: str | bytes, filename: str = "deploy.yaml") -> Sdl:
    """Read an SDL file. Raises SdlError naming file, line, key, what was found and what is allowed."""
    document = read(text, filename)
    check(document, filename)
    built = groups.build(document, filename)
    canonical = manifest.canonical(built.manifest)
    return Sdl(
        groups_json=built.groups,
        manifest_json=built.manifest,
        canonical_manifest=canonical,
        version=manifest.version(canonical),
        denom=built.denom,
        reclamation_min_window=document.reclamation_ns,
        warnings=document.warnings,
    )
