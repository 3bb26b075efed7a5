"""Routes of the REST door, read from the `google.api.http` annotations of the served methods."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import unquote

from supercloud.node.grpc.dispatch import Served
from supercloud.pb.google.api import annotations_pb2, http_pb2

_VARIABLE = re.compile(r"\{([A-Za-z0-9_.]+)(?:=([^}]*))?\}")


class Route(NamedTuple):
    """One path of one method."""

    verb: str
    template: str
    pattern: re.Pattern[str]
    variables: tuple[str, ...]
    body: str
    served: Served


class Match(NamedTuple):
    """A route with the values of its path variables."""

    route: Route
    values: dict[str, str]


class Routes:
    """All routes; found by verb and first segments, then by pattern, literal paths before variable ones."""

    def __init__(self, table: Iterable[Served]) -> None:
        routes = [route for served in table for route in _routes_of(served)]
        # The more literal text a template has before its first variable, the earlier it is tried.
        routes.sort(key=lambda route: (-len(route.template.partition("{")[0]), len(route.variables)))
        self._by_stem: dict[tuple[str, str], list[Route]] = {}
        for route in routes:
            self._by_stem.setdefault((route.verb, _stem(route.template)), []).append(route)

    def __len__(self) -> int:
        return sum(len(routes) for routes in self._by_stem.values())

    def __iter__(self) -> Iterator[Route]:
        return (route for routes in self._by_stem.values() for route in routes)

    def match(self, verb: str, path: str) -> Match | None:
        """The route of a raw (still escaped) path."""
        for route in self._by_stem.get((verb, _stem(path)), ()):
            found = route.pattern.fullmatch(path)
            if found is not None:
                values = [unquote(value) for value in found.groups()]
                return Match(route, dict(zip(route.variables, values, strict=True)))
        return None


def _stem(path: str) -> str:
    return "/".join(path.split("/", 4)[:4])


def _routes_of(served: Served) -> Iterator[Route]:
    options = served.descriptor.GetOptions()
    if not options.HasExtension(annotations_pb2.http):
        return
    rule = options.Extensions[annotations_pb2.http]
    for binding in (rule, *rule.additional_bindings):
        verb, template = _verb(binding)
        if verb:
            names = tuple(name for name, _ in _VARIABLE.findall(template))
            yield Route(verb, template, _pattern(template), names, binding.body, served)


def _verb(rule: http_pb2.HttpRule) -> tuple[str, str]:
    kind = rule.WhichOneof("pattern")
    if kind in ("get", "post", "put", "delete", "patch"):
        return kind.upper(), getattr(rule, kind)
    return "", ""


def _pattern(template: str) -> re.Pattern[str]:
    parts = []
    at = 0
    for found in _VARIABLE.finditer(template):
        parts.append(re.escape(template[at : found.start()]))
        # `**` may hold slashes: denoms such as ibc/... do.
        parts.append("(.+)" if found.group(2) == "**" else "([^/]+)")
        at = found.end()
    parts.append(re.escape(template[at:]))
    return re.compile("".join(parts))
