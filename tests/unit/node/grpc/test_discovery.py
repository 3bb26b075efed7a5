"""The self-description as JSON."""

from supercloud.node.grpc.discovery import as_json, describe


def test_json_has_every_field_that_clients_read() -> None:
    document = as_json(describe("c", "v1"))
    assert (document["chain_id"], document["node_version"]) == ("c", "v1")
    assert document["client_info"] == {"api_version": "v1beta3"}
    newest = document["supported_versions"][0]
    assert newest["api_version"] == "v1beta4"
    assert {"module": "provider", "version": "v1beta4"} in newest["modules"]
