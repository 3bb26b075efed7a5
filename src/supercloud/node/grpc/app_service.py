"""cosmos.base.reflection.v2alpha1.ReflectionService: what a program must know to talk to a chain that it never heard of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from google.protobuf.descriptor import ServiceDescriptor

from supercloud.codec import registry
from supercloud.node.grpc.view import View
from supercloud.pb.cosmos.base.reflection.v2alpha1 import reflection_pb2 as pb
from supercloud.pb.cosmos.tx.signing.v1beta1 import signing_pb2
from supercloud.pb.cosmos.tx.v1beta1 import tx_pb2
from supercloud.pb.cosmos_proto import cosmos_pb2

MESSAGES: Final = "cosmos.base.v1beta1.Msg"
_RESPONSES: Final = "cosmos.tx.v1beta1.MsgResponse"
_VESTING: Final = tuple(
    f"/cosmos.vesting.v1beta1.{kind}"
    for kind in (
        "ContinuousVestingAccount",
        "DelayedVestingAccount",
        "PeriodicVestingAccount",
        "PermanentLockedAccount",
    )
)
_ACCOUNTS: Final = (
    "/cosmos.auth.v1beta1.BaseAccount",
    "/cosmos.auth.v1beta1.ModuleAccount",
    "/cosmos.vesting.v1beta1.BaseVestingAccount",
    *_VESTING,
)
# The proto files name the interface of a type only where it is one of a module.
_UNNAMED: Final = {
    "cosmos.auth.v1beta1.AccountI": _ACCOUNTS,
    "cosmos.auth.v1beta1.GenesisAccount": _ACCOUNTS,
    "cosmos.crypto.PubKey": (
        "/cosmos.crypto.ed25519.PubKey",
        "/cosmos.crypto.multisig.LegacyAminoPubKey",
        "/cosmos.crypto.secp256k1.PubKey",
        "/cosmos.crypto.secp256r1.PubKey",
    ),
    "cosmos.evidence.v1beta1.Evidence": ("/cosmos.evidence.v1beta1.Equivocation",),
    "cosmos.tx.v1beta1.Tx": ("/cosmos.tx.v1beta1.Tx",),
    "cosmos.vesting.v1beta1.VestingAccount": _VESTING,
}
_SIGN_MODES: Final = (
    signing_pb2.SIGN_MODE_DIRECT,
    signing_pb2.SIGN_MODE_DIRECT_AUX,
    signing_pb2.SIGN_MODE_LEGACY_AMINO_JSON,
)


def interfaces(messages: Iterable[str]) -> dict[str, list[str]]:
    """Type URLs by the interface that they implement, both sorted. `messages` are those that have a handler."""
    found = {name: set(urls) for name, urls in _UNNAMED.items()}
    found[MESSAGES] = set(messages)
    for url in registry.type_urls():
        options = registry.message_class(url).DESCRIPTOR.GetOptions()
        for name in options.Extensions[cosmos_pb2.implements_interface]:
            found.setdefault(name, set()).add(url)
        if url.endswith("Response"):
            found.setdefault(_RESPONSES, set()).add(url)
    return {name: sorted(found[name]) for name in sorted(found)}


class AppService:
    """The service over a node's view."""

    def __init__(self, services: Callable[[], Iterable[ServiceDescriptor]], view: View) -> None:
        self._services = services
        self._view = view

    def get_authn_descriptor(
        self, request: pb.GetAuthnDescriptorRequest, height: int
    ) -> pb.GetAuthnDescriptorResponse:
        """In which modes signatures are taken."""
        modes = [
            pb.SigningModeDescriptor(name=signing_pb2.SignMode.Name(mode), number=mode)
            for mode in _SIGN_MODES
        ]
        return pb.GetAuthnDescriptorResponse(authn=pb.AuthnDescriptor(sign_modes=modes))

    def get_chain_descriptor(
        self, request: pb.GetChainDescriptorRequest, height: int
    ) -> pb.GetChainDescriptorResponse:
        """The chain id."""
        return pb.GetChainDescriptorResponse(chain=pb.ChainDescriptor(id=self._view.genesis.chain_id))

    def get_codec_descriptor(
        self, request: pb.GetCodecDescriptorRequest, height: int
    ) -> pb.GetCodecDescriptorResponse:
        """Which types stand for which interface."""
        codec = pb.CodecDescriptor()
        for name, urls in interfaces(self._view.app.router.messages).items():
            described = codec.interfaces.add(fullname=name)
            for url in urls:
                described.interface_implementers.add(fullname=url[1:], type_url=url)
        return pb.GetCodecDescriptorResponse(codec=codec)

    def get_configuration_descriptor(
        self, request: pb.GetConfigurationDescriptorRequest, height: int
    ) -> pb.GetConfigurationDescriptorResponse:
        """The first part of addresses."""
        prefix = self._view.app.profile.bech32_prefix
        config = pb.ConfigurationDescriptor(bech32_account_address_prefix=prefix)
        return pb.GetConfigurationDescriptorResponse(config=config)

    def get_query_services_descriptor(
        self, request: pb.GetQueryServicesDescriptorRequest, height: int
    ) -> pb.GetQueryServicesDescriptorResponse:
        """What can be asked."""
        queries = pb.QueryServicesDescriptor()
        for service in sorted(self._services(), key=lambda each: each.full_name):
            described = queries.query_services.add(fullname=service.full_name)
            for method in service.methods:
                path = f"/{service.full_name}/{method.name}"
                described.methods.add(name=method.name, full_query_path=path)
        return pb.GetQueryServicesDescriptorResponse(queries=queries)

    def get_tx_descriptor(
        self, request: pb.GetTxDescriptorRequest, height: int
    ) -> pb.GetTxDescriptorResponse:
        """What a transaction may carry."""
        messages = [pb.MsgDescriptor(msg_type_url=url) for url in sorted(self._view.app.router.messages)]
        described = pb.TxDescriptor(fullname=tx_pb2.Tx.DESCRIPTOR.full_name, msgs=messages)
        return pb.GetTxDescriptorResponse(tx=described)
