"""YAML with places: a bounded node tree in which every value knows its line, read with the rules of Go's yaml.v3.

Bounds come before work: bytes, then characters, then events; an alias counts as often as it is used, so a small file can
not become a large tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

BYTES_MAX: Final = 512 * 1024
NODES_MAX: Final = 20_000
DEPTH_MAX: Final = 32
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER: Final = re.compile(r"[-+]?[0-9][0-9_]{0,39}")
KEY_CHARS_MAX: Final = 60
PROBLEM_CHARS_MAX: Final = 400
_TRUE: Final = frozenset({"true", "True", "TRUE"})
_FALSE: Final = frozenset({"false", "False", "FALSE"})
# A typed boolean also takes these (yaml.v3 keeps YAML 1.1's words there).
_TRUE_11: Final = _TRUE | {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON"}
_FALSE_11: Final = _FALSE | {"n", "N", "no", "No", "NO", "off", "Off", "OFF"}


class SdlError(Exception):
    """What is wrong with an SDL file: where, which key, what was found, what is allowed."""

    def __init__(self, place: Place, problem: str, allowed: str = "") -> None:
        where = f"{place.file}:{place.line}: " if place.line else f"{place.file}: "
        key = f"{place.path}: " if place.path else ""
        shown = problem if len(problem) <= PROBLEM_CHARS_MAX else problem[:PROBLEM_CHARS_MAX] + "..."
        text = where + key + shown + (f"; allowed: {allowed}" if allowed else "")
        # What a file says ends on terminals: its escape sequences must not.
        super().__init__("".join([c if c.isprintable() else f"\\u{ord(c):04x}" for c in text]))
        self.place = place
        self.problem = problem
        self.allowed = allowed


class Place:
    """A file, a line in it (from 1; 0 for the whole), and the path of keys that leads there."""

    __slots__ = ("file", "line", "path")

    def __init__(self, file: str, line: int = 0, path: str = "") -> None:
        self.file = file
        self.line = line
        self.path = path


class Value:
    """One value of the document with its place. Accessors refuse what has another type."""

    __slots__ = ("_node", "place")

    def __init__(self, node: Any, place: Place) -> None:
        self._node = node
        self.place = place

    # --- What it is

    @property
    def is_null(self) -> bool:
        """Whether nothing stands there."""
        return isinstance(self._node, yaml.ScalarNode) and self._plain and self._node.value in _NULL

    @property
    def is_map(self) -> bool:
        """Whether it is a mapping."""
        return isinstance(self._node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        """Whether it is a sequence."""
        return isinstance(self._node, yaml.SequenceNode)

    @property
    def _plain(self) -> bool:
        return not self._node.style and self._node.tag != "!!str"

    def found(self) -> str:
        """What stands there, for messages."""
        if self.is_map:
            return "a mapping"
        if self.is_list:
            return "a list"
        return f"`{self._node.value[:60]}`"

    def refuse(self, problem: str, allowed: str = "") -> SdlError:
        """An error at this place."""
        return SdlError(self.place, problem, allowed)

    # --- What it holds

    def fields(self) -> dict[str, Value]:
        """Keys and values of a mapping; nothing counts as an empty one."""
        if self.is_null:
            return {}
        if not self.is_map:
            raise self.refuse(f"cannot unmarshal: found {self.found()}", "a mapping")
        result: dict[str, Value] = {}
        for key, value in _merged(self._node):
            name = key.value
            shown = str(name)[:KEY_CHARS_MAX]
            path = f"{self.place.path}.{shown}" if self.place.path else shown
            result.setdefault(name, Value(value, Place(self.place.file, _line(value, key), path)))
        return result

    def items(self) -> list[Value]:
        """Members of a list; nothing counts as an empty one."""
        if self.is_null:
            return []
        if not self.is_list:
            raise self.refuse(f"cannot unmarshal: found {self.found()}", "a list")
        return [
            Value(node, Place(self.place.file, _line(node, node), f"{self.place.path}[{index}]"))
            for index, node in enumerate(self._node.value)
        ]

    def text(self) -> str:
        """A scalar as text, whatever its type; nothing is empty."""
        if not isinstance(self._node, yaml.ScalarNode):
            raise self.refuse(f"cannot unmarshal: found {self.found()}", "text")
        return "" if self.is_null else str(self._node.value)

    def integer(self, low: int, high: int) -> int:
        """A whole number within bounds."""
        text = self.text()
        cleaned = text.replace("_", "")
        if not self._plain or not _INTEGER.fullmatch(text) or not low <= int(cleaned) <= high:
            raise self.refuse(f"cannot unmarshal {self.found()}", f"a whole number from {low} to {high}")
        return int(cleaned)

    def boolean(self) -> bool:
        """true or false, in any of YAML's spellings."""
        text = self.text()
        if text in _TRUE_11:
            return True
        if text in _FALSE_11:
            return False
        raise self.refuse(f"cannot unmarshal {self.found()} into bool", "true or false")

    def as_attribute(self) -> str:
        """A scalar as an attribute value: booleans and numbers become text."""
        text = self.text()
        if self._plain and text in _TRUE:
            return "true"
        if self._plain and text in _FALSE:
            return "false"
        return text


def _line(node: Any, fallback: Any) -> int:
    mark = node.start_mark or fallback.start_mark
    return int(mark.line) + 1 if mark else 0


def _merged(node: Any) -> Iterator[tuple[Any, Any]]:
    """Pairs of a mapping; `<<` brings in those of another, which lose to the mapping's own."""
    late: list[Any] = []
    for key, value in node.value:
        if key.value == "<<" and not key.style:
            late += value.value if isinstance(value, yaml.SequenceNode) else [value]
        else:
            yield key, value
    for value in late:
        if isinstance(value, yaml.MappingNode):
            yield from _merged(value)


def parse(content: str | bytes, file: str) -> Value:
    """The root value of a document. Raises SdlError for anything that is not one bounded YAML document."""
    whole = Place(file)
    if len(content) > BYTES_MAX:
        raise SdlError(whole, f"the file has {len(content)} bytes", f"at most {BYTES_MAX}")
    if isinstance(content, bytes):
        try:
            content = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise SdlError(whole, f"not UTF-8 at byte {error.start}", "UTF-8 text") from error
    control = _CONTROL.search(content)
    if control is not None:
        line = content.count("\n", 0, control.start()) + 1
        raise SdlError(
            Place(file, line), f"control character U+{ord(control[0]):04X}", "text, tabs and line ends"
        )
    root = _compose(content.lstrip("\ufeff"), file)
    if root is None:
        raise SdlError(whole, "sdl: uninitialized: the file is empty", "an SDL document")
    _check(root, file)
    return Value(root, Place(file, 1))


def _compose(content: str, file: str) -> Any:
    """The node graph; aliases share nodes. Counted as it is read, so that nothing large is ever built."""
    loader = yaml.CSafeLoader(content) if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader(content)
    try:
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise SdlError(Place(file, line), f"not valid YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise SdlError(Place(file), f"not valid YAML: {error}") from error
    except RecursionError as error:
        raise SdlError(Place(file), "nested too deeply", f"{DEPTH_MAX} levels") from error
    finally:
        loader.dispose()
    return root


def _check(root: Any, file: str) -> None:
    """Bound the tree as it would be with every alias written out; refuse keys that stand twice."""
    left = NODES_MAX
    stack = [(root, 1)]
    while stack:
        node, depth = stack.pop()
        left -= 1
        if left < 0:
            raise SdlError(Place(file), "too many values (aliases count each time)", f"at most {NODES_MAX}")
        if depth > DEPTH_MAX:
            raise SdlError(Place(file, _line(node, node)), "nested too deeply", f"{DEPTH_MAX} levels")
        if isinstance(node, yaml.MappingNode):
            _check_keys(node, file)
            stack += [(child, depth + 1) for _, child in node.value]
        elif isinstance(node, yaml.SequenceNode):
            stack += [(child, depth + 1) for child in node.value]


def _check_keys(node: Any, file: str) -> None:
    seen: dict[str, int] = {}
    for key, _ in node.value:
        line = _line(key, key)
        if not isinstance(key, yaml.ScalarNode):
            raise SdlError(Place(file, line), "a key is not text", "text")
        if key.value in seen and key.value != "<<":
            raise SdlError(
                Place(file, line),
                f"key `{key.value[:KEY_CHARS_MAX]}` stands twice, first in line {seen[key.value]}",
            )
        seen[key.value] = line
