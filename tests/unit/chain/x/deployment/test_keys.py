"""Keys: bytes and reading back."""

from __future__ import annotations

import pytest

from supercloud.chain.x.deployment import keys
from supercloud.types.ids import DeploymentID, GroupID

ID = DeploymentID(b"\x01" * 20, 258)


def test_bytes() -> None:
    assert keys.deployment_key(1, ID).hex() == "1101" + "14" + "01" * 20 + "0000000000000102"
    group = keys.group_key(GroupID(*ID, 3))
    assert group.hex() == "12" + "14" + "01" * 20 + "0000000000000102" + "00000003"
    assert group.startswith(keys.groups_prefix(ID))


def test_read_back() -> None:
    assert keys.parse_primary(keys.primary(ID)) == ID
    with pytest.raises(ValueError):
        keys.parse_primary(keys.primary(ID)[:-1])
