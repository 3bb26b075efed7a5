"""The plan: what is made, changed, removed, and above all what is left alone."""

from __future__ import annotations

import pytest

from supercloud.provider.cluster.reconcile import Desired, Plan, Running, plan

NOTHING = Plan((), (), (), ())


@pytest.mark.parametrize(
    ("desired", "running", "over", "expected"),
    [
        ([], [], {}, NOTHING),
        ([Desired("a", "v1")], [], {}, NOTHING._replace(create=("a",))),
        ([Desired("a", None)], [], {}, NOTHING),
        ([Desired("a", "v1")], [Running("a", "v1", True)], {}, NOTHING._replace(keep=("a",))),
        ([Desired("a", "v2")], [Running("a", "v1", True)], {}, NOTHING._replace(update=("a",))),
        ([Desired("a", "v1")], [Running("a", "v1", False)], {}, NOTHING._replace(update=("a",))),
        ([Desired("a", None)], [Running("a", "v1", True)], {}, NOTHING._replace(keep=("a",))),
        ([], [Running("a", "v1", True)], {"a": True}, NOTHING._replace(remove=("a",))),
        ([], [Running("a", "v1", True)], {"a": False}, NOTHING._replace(keep=("a",))),
        ([], [Running("a", "v1", True)], {}, NOTHING._replace(keep=("a",))),
    ],
)
def test_plan(desired: list[Desired], running: list[Running], over: dict[str, bool], expected: Plan) -> None:
    assert plan(desired, running, over) == expected
