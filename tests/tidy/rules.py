"""The rules that linters do not know, as plain functions over `ast`: each returns the offences it finds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "supercloud"

PURE = ("chain", "types", "codec", "sdl")
"""Folders whose results every replica must reproduce bit for bit."""

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 800
ARGUMENTS_MAX = 6
MODULE_FILES = ("types.py", "keys.py", "keeper.py", "msg_server.py", "query_server.py")
MODULE_HEADINGS = ("State", "Messages", "Begin Block", "End Block", "Events", "Params")
BANNED_NAMES = {"utils.py", "helpers.py", "common.py", "manager.py"}
BANNED_CALLS = {"float", "hash", "id", "open", "eval", "exec", "input", "print"}
EXEMPT = "tidy:"
"""A line that carries `# tidy: <rule> <reason>` is exempt from the rule it names."""


def sources() -> Iterator[Path]:
    """Every source file we write; generated code is left out."""
    for path in sorted(SOURCE.rglob("*.py")):
        if "pb" not in path.relative_to(SOURCE).parts:
            yield path


def pure_sources() -> Iterator[Path]:
    """Files under the determinism rules."""
    for path in sources():
        if path.relative_to(SOURCE).parts[0] in PURE:
            yield path


def impurities(path: Path) -> Iterator[str]:
    """Floats, unstable built-ins, coroutines, sets that are walked, and clocks."""
    text = path.read_text()
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        reason = _impurity(node)
        line = getattr(node, "lineno", 0)
        if reason and EXEMPT not in lines[line - 1]:
            yield f"{path.relative_to(ROOT)}:{line}: {reason}"


def _impurity(node: ast.AST) -> str | None:
    match node:
        case ast.Constant(value=float()):
            return "float literal"
        case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
            return "true division"
        case ast.Call(func=ast.Name(id=name)) if name in BANNED_CALLS:
            return f"call of {name}()"
        case ast.Call(func=ast.Attribute(attr="now" | "today" | "utcnow")):
            return "reads the clock"
        case ast.AsyncFunctionDef() | ast.Await():
            return "coroutine"
        case ast.For(iter=walked) | ast.comprehension(iter=walked) if _is_set(walked):
            return "walks a set, whose order differs between runs"
    return None


def _is_set(node: ast.AST) -> bool:
    match node:
        case ast.Set() | ast.SetComp() | ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
    return False


def size_offences(path: Path) -> Iterator[str]:
    """Functions and files that outgrew their limit, and signatures too wide to read."""
    text = path.read_text()
    where = path.relative_to(ROOT)
    if text.count("\n") > FILE_LINES_MAX:
        yield f"{where}: {text.count(chr(10))} lines, at most {FILE_LINES_MAX}"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield f"{where}:{node.lineno} {node.name}: {lines} lines, at most {FUNCTION_LINES_MAX}"
            positional = [a for a in node.args.posonlyargs + node.args.args if a.arg not in ("self", "cls")]
            # A command's arguments are its options; they come by name from the command line.
            if len(positional) > ARGUMENTS_MAX and not ("cli" in path.parts and node.decorator_list):
                yield f"{where}:{node.lineno} {node.name}: {len(positional)} positional arguments"


def undocumented(path: Path) -> Iterator[str]:
    """Public modules, classes and functions without a docstring."""
    tree = ast.parse(path.read_text())
    where = path.relative_to(ROOT)
    if tree.body and ast.get_docstring(tree) is None:
        yield f"{where}: module has no docstring"
    for node in tree.body:
        if (
            isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            and not node.name.startswith("_")
            and ast.get_docstring(node) is None
        ):
            yield f"{where}:{node.lineno} {node.name}: no docstring"


def chain_modules() -> Iterator[Path]:
    """Folders of the ledger's modules."""
    for path in sorted((SOURCE / "chain" / "x").iterdir()):
        if (path / "__init__.py").exists():
            yield path
