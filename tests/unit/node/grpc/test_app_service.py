"""What the node says of its chain to programs that never heard of it."""

from small_node import SmallNode

from supercloud.codec import registry
from supercloud.node.grpc.app_service import AppService, interfaces
from supercloud.pb.cosmos.base.reflection.v2alpha1 import reflection_pb2 as pb


def service(small: SmallNode) -> AppService:
    return AppService(lambda: small.dispatch.services, small.view)


def test_every_type_of_an_interface_resolves_and_every_interface_has_one() -> None:
    found = interfaces(["/cosmos.bank.v1beta1.MsgSend"])
    assert list(found) == sorted(found)
    for name, urls in found.items():
        assert urls == sorted(set(urls)) and urls, name
        for url in urls:
            assert "/" + registry.message_class(url).DESCRIPTOR.full_name == url
    assert found["cosmos.base.v1beta1.Msg"] == ["/cosmos.bank.v1beta1.MsgSend"]
    assert found["cosmos.authz.v1beta1.Authorization"] == [
        "/akash.escrow.v1.DepositAuthorization",
        "/cosmos.authz.v1beta1.GenericAuthorization",
        "/cosmos.bank.v1beta1.SendAuthorization",
        "/cosmos.staking.v1beta1.StakeAuthorization",
    ]
    assert len(found["cosmos.auth.v1beta1.AccountI"]) == 7
    assert "/cosmos.gov.v1.MsgVoteResponse" in found["cosmos.tx.v1beta1.MsgResponse"]


def test_modes_chain_and_prefix(small: SmallNode) -> None:
    modes = service(small).get_authn_descriptor(pb.GetAuthnDescriptorRequest(), 0).authn.sign_modes
    assert [(mode.name, mode.number) for mode in modes] == [
        ("SIGN_MODE_DIRECT", 1),
        ("SIGN_MODE_DIRECT_AUX", 3),
        ("SIGN_MODE_LEGACY_AMINO_JSON", 127),
    ]
    assert service(small).get_chain_descriptor(pb.GetChainDescriptorRequest(), 0).chain.id == "c"
    asked = pb.GetConfigurationDescriptorRequest()
    config = service(small).get_configuration_descriptor(asked, 0).config
    assert config.bech32_account_address_prefix == "akash"


def test_messages_queries_and_types(small: SmallNode) -> None:
    described = service(small).get_tx_descriptor(pb.GetTxDescriptorRequest(), 0).tx
    assert described.fullname == "cosmos.tx.v1beta1.Tx"
    assert {message.msg_type_url for message in described.msgs} == set(small.view.app.router.messages)
    asked = pb.GetQueryServicesDescriptorRequest()
    queries = service(small).get_query_services_descriptor(asked, 0).queries
    paths = {method.full_query_path for each in queries.query_services for method in each.methods}
    assert set(small.dispatch.table) <= paths
    codec = service(small).get_codec_descriptor(pb.GetCodecDescriptorRequest(), 0).codec
    kinds = {
        each.fullname: [found.fullname for found in each.interface_implementers] for each in codec.interfaces
    }
    assert kinds["cosmos.tx.v1beta1.Tx"] == ["cosmos.tx.v1beta1.Tx"]
