"""Generates `src/supercloud/pb` from `proto/`; run it through `scripts/proto`.

The compiler names Python modules after proto paths, as if `proto/` were on the import path. Ours live in the
package `supercloud.pb`, so every import of a generated module is moved there; only Google's own library keeps
its place. Names inside the descriptor pool stay those of the network.
"""

from __future__ import annotations

import filecmp
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto
from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
TARGET = ROOT / "src" / "supercloud" / "pb"
PACKAGE = "supercloud.pb"
LIBRARY = "google.protobuf"
IMPORT = re.compile(r"^(from|import) ([a-zA-Z_][\w.]*)", re.MULTILINE)
EXTENSION = re.compile(r"^(\w+): _descriptor\.FieldDescriptor$", re.MULTILINE)


def compile_protos(out: Path) -> FileDescriptorSet:
    """Runs protoc over every file of `proto/`; returns their descriptors and those of what they import."""
    names = sorted(path.relative_to(PROTO).as_posix() for path in PROTO.rglob("*.proto"))
    described = out / "descriptors"
    arguments = [
        "protoc",
        f"-I{PROTO}",
        f"-I{resources.files('grpc_tools') / '_proto'}",
        f"--python_out={out}",
        f"--pyi_out={out}",
        f"--descriptor_set_out={described}",
        "--include_imports",
    ]
    if protoc.main([*arguments, *names]) != 0:
        raise SystemExit("protoc failed")
    files = FileDescriptorSet.FromString(described.read_bytes())
    described.unlink()
    with_services = [file.name for file in files.file if file.service]
    if protoc.main([*arguments[:3], f"--grpc_python_out={out}", *with_services]) != 0:
        raise SystemExit("protoc failed for services")
    return files


def move_imports(text: str, own: frozenset[str]) -> str:
    """Puts imports of our generated modules under `supercloud.pb`."""

    def moved(found: re.Match[str]) -> str:
        keyword, module = found.groups()
        if module.split(".")[0] not in own or module == LIBRARY or module.startswith(LIBRARY + "."):
            return found.group(0)
        return f"{keyword} {PACKAGE}.{module}"

    return IMPORT.sub(moved, text)


def open_extensions(stub: str) -> str:
    """Types option extensions as Any: with the type protoc gives, mypy refuses them as an index."""
    opened, count = EXTENSION.subn(r"\1: _Any", stub)
    return "from typing import Any as _Any\n" + opened if count else stub


def module_of(proto_name: str) -> str:
    """The dotted name of the module generated for a proto file."""
    module = proto_name.removesuffix(".proto").replace("/", ".") + "_pb2"
    return module if module.startswith(LIBRARY + ".") else f"{PACKAGE}.{module}"


def where_messages_live(files: FileDescriptorSet) -> dict[str, tuple[str, str]]:
    """Full message name to (module, class name), for the messages that methods take and give."""
    places = {}
    for file in files.file:
        for message in file.message_type:
            places[f".{file.package}.{message.name}"] = (module_of(file.name), message.name)
    return places


def service_stub(file: FileDescriptorProto, places: dict[str, tuple[str, str]]) -> str:
    """A typed face for a `_pb2_grpc` module, which protoc leaves without one.

    Servicer methods return Any because the same class serves synchronous and asyncio servers.
    """
    modules: dict[str, str] = {}

    def class_of(name: str) -> str:
        module, message = places[name]
        alias = modules.setdefault(module, "_" + module.replace(".", "_"))
        return f"{alias}.{message}"

    body = []
    for service in file.service:
        body += ["", f"class {service.name}Stub:", "    def __init__(self, channel: Any) -> None: ..."]
        body += [f"    {method.name}: Any" for method in service.method]
        body += ["", f"class {service.name}Servicer:"]
        body += [servicer_method(method, class_of(method.input_type)) for method in service.method]
        body += ["", f"def add_{service.name}Servicer_to_server(servicer: Any, server: Any) -> None: ..."]
    imports = [f"import {module} as {alias}" for module, alias in sorted(modules.items())]
    return "\n".join(
        ["from collections.abc import Iterator", "from typing import Any", "", *imports, *body, ""]
    )


def servicer_method(method: MethodDescriptorProto, request: str) -> str:
    """The line that types one method of a servicer."""
    taken = f"request_iterator: Iterator[{request}]" if method.client_streaming else f"request: {request}"
    return f"    def {method.name}(self, {taken}, context: Any) -> Any: ..."


def generate(out: Path) -> None:
    """Writes the whole package into the empty folder `out`."""
    files = compile_protos(out)
    own = frozenset(file.name.split("/")[0].split(".")[0] for file in files.file)
    for path in sorted(out.rglob("*.py*")):
        path.write_text(open_extensions(move_imports(path.read_text(), own)))
    places = where_messages_live(files)
    for file in files.file:
        if file.service:
            stem = module_of(file.name).removeprefix(PACKAGE + ".").replace(".", "/")
            (out / f"{stem}_grpc.pyi").write_text(service_stub(file, places))
    for folder in [out, *(path for path in out.rglob("*") if path.is_dir())]:
        (folder / "__init__.py").touch()


def differences(new: Path, old: Path) -> Iterator[str]:
    """Paths, relative to the package, whose content differs or that one side lacks."""

    def listed(top: Path) -> set[Path]:
        return {p.relative_to(top) for p in top.rglob("*") if p.is_file() and p.suffix in {".py", ".pyi"}}

    for name in sorted(listed(new) | listed(old)):
        one, other = new / name, old / name
        if not (one.is_file() and other.is_file() and filecmp.cmp(one, other, shallow=False)):
            yield name.as_posix()


def main(arguments: list[str]) -> int:
    """Generates, or compares when asked to; the process's exit status."""
    if arguments not in ([], ["--check"]):
        print("usage: scripts/proto [--check]", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        generate(Path(scratch))
        stale = list(differences(Path(scratch), TARGET))
        if arguments:
            for name in stale:
                print(f"out of date: src/supercloud/pb/{name}", file=sys.stderr)
            return 1 if stale else 0
        shutil.rmtree(TARGET, ignore_errors=True)
        shutil.copytree(scratch, TARGET)
    print(f"{len(stale)} files changed")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
