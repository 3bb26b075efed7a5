"""Which modules there are, who is handed what, and in which order they work. Nothing else."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from supercloud import pb
from supercloud.chain import upgrades
from supercloud.chain.ante.chain import AnteChain
from supercloud.chain.baseapp import queries
from supercloud.chain.baseapp.application import STORE as BASE_STORE
from supercloud.chain.baseapp.application import BaseApp, Wiring
from supercloud.chain.baseapp.context import Profile
from supercloud.chain.baseapp.genesis import GenesisError, Module
from supercloud.chain.baseapp.router import Router
from supercloud.chain.hooks import EpochReactions, MarketReactions, StakingReactions
from supercloud.chain.store.multistore import MultiStore
from supercloud.chain.upgrades.upgrade import Upgrade
from supercloud.chain.x.audit import genesis as audit_genesis
from supercloud.chain.x.audit import msg_server as audit_msgs
from supercloud.chain.x.audit import query_server as audit_queries
from supercloud.chain.x.audit.keeper import Keeper as AuditKeeper
from supercloud.chain.x.auth import abci as auth_abci
from supercloud.chain.x.auth import genesis as auth_genesis
from supercloud.chain.x.auth import msg_server as auth_msgs
from supercloud.chain.x.auth import query_server as auth_queries
from supercloud.chain.x.auth import vesting_msg_server as vesting_msgs
from supercloud.chain.x.auth.keeper import Keeper as AuthKeeper
from supercloud.chain.x.auth.types import default_params as default_auth_params
from supercloud.chain.x.authz import abci as authz_abci
from supercloud.chain.x.authz import genesis as authz_genesis
from supercloud.chain.x.authz import msg_server as authz_msgs
from supercloud.chain.x.authz import query_server as authz_queries
from supercloud.chain.x.authz.keeper import Keeper as AuthzKeeper
from supercloud.chain.x.authz.types import Accept
from supercloud.chain.x.bank import genesis as bank_genesis
from supercloud.chain.x.bank import msg_server as bank_msgs
from supercloud.chain.x.bank import query_server as bank_queries
from supercloud.chain.x.bank.keeper import Keeper as BankKeeper
from supercloud.chain.x.bank.types import default_params as default_bank_params
from supercloud.chain.x.bme import abci as bme_abci
from supercloud.chain.x.bme import genesis as bme_genesis
from supercloud.chain.x.bme import msg_server as bme_msgs
from supercloud.chain.x.bme import query_server as bme_queries
from supercloud.chain.x.bme.keeper import Keeper as BmeKeeper
from supercloud.chain.x.cert import genesis as cert_genesis
from supercloud.chain.x.cert import msg_server as cert_msgs
from supercloud.chain.x.cert import query_server as cert_queries
from supercloud.chain.x.cert.keeper import Keeper as CertKeeper
from supercloud.chain.x.consensus import genesis as consensus_genesis
from supercloud.chain.x.consensus import msg_server as consensus_msgs
from supercloud.chain.x.consensus import query_server as consensus_queries
from supercloud.chain.x.consensus.keeper import Keeper as ConsensusKeeper
from supercloud.chain.x.deployment import expected_keepers as deployment_needs
from supercloud.chain.x.deployment import genesis as deployment_genesis
from supercloud.chain.x.deployment import msg_server as deployment_msgs
from supercloud.chain.x.deployment import query_server as deployment_queries
from supercloud.chain.x.deployment.keeper import Keeper as DeploymentKeeper
from supercloud.chain.x.deployment.types import default_params as default_deployment_params
from supercloud.chain.x.distribution import abci as distribution_abci
from supercloud.chain.x.distribution import genesis as distribution_genesis
from supercloud.chain.x.distribution import msg_server as distribution_msgs
from supercloud.chain.x.distribution import query_server as distribution_queries
from supercloud.chain.x.distribution.keeper import Keeper as DistributionKeeper
from supercloud.chain.x.epochs import abci as epochs_abci
from supercloud.chain.x.epochs import genesis as epochs_genesis
from supercloud.chain.x.epochs import msg_server as epochs_msgs
from supercloud.chain.x.epochs import query_server as epochs_queries
from supercloud.chain.x.epochs.keeper import Keeper as EpochsKeeper
from supercloud.chain.x.escrow import genesis as escrow_genesis
from supercloud.chain.x.escrow import grants as escrow_grants
from supercloud.chain.x.escrow import msg_server as escrow_msgs
from supercloud.chain.x.escrow import query_server as escrow_queries
from supercloud.chain.x.escrow.keeper import Keeper as EscrowKeeper
from supercloud.chain.x.evidence import abci as evidence_abci
from supercloud.chain.x.evidence import genesis as evidence_genesis
from supercloud.chain.x.evidence import msg_server as evidence_msgs
from supercloud.chain.x.evidence import query_server as evidence_queries
from supercloud.chain.x.evidence.keeper import Keeper as EvidenceKeeper
from supercloud.chain.x.feeauction import abci as feeauction_abci
from supercloud.chain.x.feeauction import genesis as feeauction_genesis
from supercloud.chain.x.feeauction import msg_server as feeauction_msgs
from supercloud.chain.x.feeauction import query_server as feeauction_queries
from supercloud.chain.x.feeauction.keeper import Keeper as FeeAuctionKeeper
from supercloud.chain.x.feegrant import abci as feegrant_abci
from supercloud.chain.x.feegrant import genesis as feegrant_genesis
from supercloud.chain.x.feegrant import msg_server as feegrant_msgs
from supercloud.chain.x.feegrant import query_server as feegrant_queries
from supercloud.chain.x.feegrant.keeper import Keeper as FeegrantKeeper
from supercloud.chain.x.gov import abci as gov_abci
from supercloud.chain.x.gov import genesis as gov_genesis
from supercloud.chain.x.gov import legacy_msg_server as gov_legacy_msgs
from supercloud.chain.x.gov import legacy_query_server as gov_legacy_queries
from supercloud.chain.x.gov import msg_server as gov_msgs
from supercloud.chain.x.gov import query_server as gov_queries
from supercloud.chain.x.gov.keeper import Keeper as GovKeeper
from supercloud.chain.x.grants import genesis as grants_genesis
from supercloud.chain.x.grants import msg_server as grants_msgs
from supercloud.chain.x.grants import query_server as grants_queries
from supercloud.chain.x.grants.keeper import Keeper as GrantsKeeper
from supercloud.chain.x.market import abci as market_abci
from supercloud.chain.x.market import expected_keepers as market_needs
from supercloud.chain.x.market import genesis as market_genesis
from supercloud.chain.x.market import msg_server as market_msgs
from supercloud.chain.x.market import query_server as market_queries
from supercloud.chain.x.market.keeper import Keeper as MarketKeeper
from supercloud.chain.x.market.types import default_expiry
from supercloud.chain.x.market.types import default_params as default_market_params
from supercloud.chain.x.mint import abci as mint_abci
from supercloud.chain.x.mint import genesis as mint_genesis
from supercloud.chain.x.mint import msg_server as mint_msgs
from supercloud.chain.x.mint import query_server as mint_queries
from supercloud.chain.x.mint.keeper import Keeper as MintKeeper
from supercloud.chain.x.oracle import abci as oracle_abci
from supercloud.chain.x.oracle import genesis as oracle_genesis
from supercloud.chain.x.oracle import msg_server as oracle_msgs
from supercloud.chain.x.oracle import query_server as oracle_queries
from supercloud.chain.x.oracle.keeper import Keeper as OracleKeeper
from supercloud.chain.x.provider import expected_keepers as provider_needs
from supercloud.chain.x.provider import genesis as provider_genesis
from supercloud.chain.x.provider import msg_server as provider_msgs
from supercloud.chain.x.provider import query_server as provider_queries
from supercloud.chain.x.provider.keeper import Keeper as ProviderKeeper
from supercloud.chain.x.slashing import abci as slashing_abci
from supercloud.chain.x.slashing import genesis as slashing_genesis
from supercloud.chain.x.slashing import msg_server as slashing_msgs
from supercloud.chain.x.slashing import query_server as slashing_queries
from supercloud.chain.x.slashing.keeper import Keeper as SlashingKeeper
from supercloud.chain.x.staking import abci as staking_abci
from supercloud.chain.x.staking import genesis as staking_genesis
from supercloud.chain.x.staking import grants as staking_grants
from supercloud.chain.x.staking import msg_server as staking_msgs
from supercloud.chain.x.staking import query_server as staking_queries
from supercloud.chain.x.staking import set_changes as staking_set
from supercloud.chain.x.staking.keeper import Keeper as StakingKeeper
from supercloud.chain.x.take import genesis as take_genesis
from supercloud.chain.x.take import msg_server as take_msgs
from supercloud.chain.x.take import query_server as take_queries
from supercloud.chain.x.take.keeper import Keeper as TakeKeeper
from supercloud.chain.x.take.types import default_params as default_take_params
from supercloud.chain.x.upgrade import abci as upgrade_abci
from supercloud.chain.x.upgrade import genesis as upgrade_genesis
from supercloud.chain.x.upgrade import msg_server as upgrade_msgs
from supercloud.chain.x.upgrade import query_server as upgrade_queries
from supercloud.chain.x.upgrade.keeper import Handler as UpgradeHandler
from supercloud.chain.x.upgrade.keeper import Keeper as UpgradeKeeper
from supercloud.codec import registry
from supercloud.codec import tx as tx_codec
from supercloud.codec.json import to_dict
from supercloud.pb.akash.escrow.v1.authz_pb2 import DepositAuthorization
from supercloud.pb.cosmos.staking.v1beta1.authz_pb2 import StakeAuthorization
from supercloud.types.address import module_address

if TYPE_CHECKING:
    from supercloud.chain.ante.fees import GasPrice
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.store.backend import Backend
    from supercloud.chain.store.trunk import Kept
    from supercloud.pb.tendermint.abci import types_pb2 as abci

NAME = "supercloud"

STORES = (
    BASE_STORE, "acc", "audit", "authz", "bank", "bme", "cert", "consensus", "deployment", "distribution",
    "epochs", "escrow", "evidence", "feeauction", "feegrant", "gov", "grants", "market", "mint", "oracle",
    "provider", "slashing", "staking", "take", "upgrade",
)  # fmt: skip

# Accounts of modules and what they may do with supply. All are closed to transfers by users.
MODULE_ACCOUNTS: Mapping[str, tuple[str, ...]] = {
    "bme": ("burner", "minter"),
    "bonded_tokens_pool": ("burner", "staking"),
    "distribution": (),
    "escrow": (),
    "fee_collector": (),
    "feeauction": ("burner",),
    "gov": ("burner",),
    "grants": (),
    "mint": ("minter",),
    "not_bonded_tokens_pool": ("burner", "staking"),
    "take": (),
}
# Accounts that belong to modules on other networks of this kind; they stay closed here too.
RESERVED = ("transfer",)


@dataclass(frozen=True)
class Options:
    """What one node decides for itself; none of it changes state."""

    version: str = "0"
    gas_prices: Sequence[GasPrice] = ()
    keep_heights: int = 0
    retain_blocks: int = 0
    on_defect: Callable[[BaseException], None] | None = None
    skip_upgrades: Sequence[int] = ()
    readonly: bool = False
    """Another process writes the state; this one reads heights that it is told of (MultiStore.follow)."""
    trees_later: bool = False
    """Somebody makes the trees of the state after the application (MultiStore.take)."""
    kept_trees: Kept | None = None
    """What MultiStore.kept_trees gave at the height that the backend has, or at an earlier one."""


class Keepers(NamedTuple):
    """The keepers of all modules, and what ties them together."""

    auth: AuthKeeper
    bank: BankKeeper
    authz: AuthzKeeper
    feegrant: FeegrantKeeper
    consensus: ConsensusKeeper
    take: TakeKeeper
    escrow: EscrowKeeper
    deployment: DeploymentKeeper
    market: MarketKeeper
    provider: ProviderKeeper
    audit: AuditKeeper
    cert: CertKeeper
    staking: StakingKeeper
    slashing: SlashingKeeper
    distribution: DistributionKeeper
    mint: MintKeeper
    evidence: EvidenceKeeper
    epochs: EpochsKeeper
    oracle: OracleKeeper
    bme: BmeKeeper
    feeauction: FeeAuctionKeeper
    gov: GovKeeper
    upgrade: UpgradeKeeper
    grants: GrantsKeeper
    reactions: MarketReactions

    @property
    def market_keepers(self) -> market_needs.Keepers:
        """What market's messages work with."""
        return market_needs.Keepers(
            self.market, self.escrow, self.deployment, self.provider, self.audit, self.reactions
        )

    @property
    def deployment_keepers(self) -> deployment_needs.Keepers:
        """What deployment's messages work with."""
        return deployment_needs.Keepers(self.deployment, self.escrow, self.market, self.reactions)

    @property
    def provider_keepers(self) -> provider_needs.Keepers:
        """What provider's messages work with."""
        return provider_needs.Keepers(self.provider, self.market)


class SupercloudApp(BaseApp):
    """The market's state machine."""

    def __init__(self, backend: Backend, profile: Profile, options: Options) -> None:
        router = Router()
        self.keepers = make_keepers(router)
        self.keepers.upgrade.skip(options.skip_upgrades)
        register_routes(router, self.keepers)
        modules = make_modules(self.keepers)
        keepers = self.keepers
        ante = AnteChain(router, keepers.auth, keepers.bank, keepers.feegrant, options.gas_prices)
        wiring = Wiring(
            name=NAME,
            version=options.version,
            router=router,
            decode=tx_codec.decode,
            ante=ante,
            consensus=keepers.consensus,
            genesis_order=[modules[name] for name in GENESIS_ORDER],
            begin_order=[modules[name] for name in BEGIN_ORDER],
            end_order=[modules[name] for name in END_ORDER],
            after_genesis=lambda ctx: _require_sound(ctx, keepers),
            choose=lambda ctx: staking_set.apply(ctx, keepers.staking),
        )
        store = MultiStore(
            backend,
            STORES,
            options.keep_heights,
            verify=not options.readonly,
            later=options.trees_later,
            kept=options.kept_trees,
        )
        super().__init__(
            store, profile, wiring, retain_blocks=options.retain_blocks, on_defect=options.on_defect
        )

    def query(self, request: abci.RequestQuery) -> abci.ResponseQuery:
        """Answer a query of a committed height; every failure is an answer too."""
        return queries.query(self, request)


@cache
def load_wire_types() -> None:
    """Load every generated message type.

    Whether a type URL can be resolved decides how a transaction is refused, so it must not depend on which
    parts of the program a process happens to use.
    """
    for module in pkgutil.walk_packages(pb.__path__, pb.__name__ + "."):
        if module.name.endswith("_pb2"):
            importlib.import_module(module.name)


def build_app(
    backend: Backend, profile: Profile | None = None, options: Options | None = None
) -> SupercloudApp:
    """The application on a backend, at the height that the backend holds."""
    load_wire_types()
    return SupercloudApp(backend, profile or Profile(), options or Options())


def make_keepers(router: Router) -> Keepers:
    """Make every keeper with the few others that it is handed."""
    blocked = [module_address(name) for name in (*MODULE_ACCOUNTS, *RESERVED)]
    auth = AuthKeeper(MODULE_ACCOUNTS)
    bank = BankKeeper(auth, blocked)
    authz = AuthzKeeper(router, auth, bank)
    feegrant = FeegrantKeeper(auth, bank)
    take = TakeKeeper(bank)
    epochs, oracle = EpochsKeeper(), OracleKeeper()
    epochs.react_with(EpochReactions(oracle, take))
    bme = BmeKeeper(auth, bank, oracle)
    escrow = EscrowKeeper(bank, authz, take, bme)
    deployment, market = DeploymentKeeper(), MarketKeeper()
    reactions = MarketReactions(escrow, deployment, market)
    escrow.react_with(reactions)
    authz.register_authorization(
        DepositAuthorization,
        escrow_grants.message_url,
        lambda ctx, grant, message: Accept(*escrow_grants.accept(ctx, grant, message)),
        escrow_grants.check_authorization,
    )
    staking = StakingKeeper(auth, bank)
    slashing, distribution = SlashingKeeper(staking), DistributionKeeper(auth, bank, staking)
    staking.react_with(StakingReactions(distribution, slashing))
    take.pay_into(distribution)
    authz.register_authorization(
        StakeAuthorization,
        staking_grants.message_url,
        lambda ctx, grant, message: Accept(*staking_grants.accept(ctx, grant, message)),
        staking_grants.check_authorization,
    )
    keepers = Keepers(
        auth=auth,
        bank=bank,
        authz=authz,
        feegrant=feegrant,
        consensus=ConsensusKeeper(),
        take=take,
        escrow=escrow,
        deployment=deployment,
        market=market,
        provider=ProviderKeeper(),
        audit=AuditKeeper(),
        cert=CertKeeper(),
        staking=staking,
        slashing=slashing,
        distribution=distribution,
        mint=MintKeeper(auth, bank, staking),
        evidence=EvidenceKeeper(staking, slashing),
        epochs=epochs,
        oracle=oracle,
        bme=bme,
        feeauction=FeeAuctionKeeper(bank, take, distribution),
        gov=GovKeeper(router, auth, bank, staking, distribution),
        upgrade=UpgradeKeeper(),
        grants=GrantsKeeper(auth, bank, distribution),
        reactions=reactions,
    )
    known = {each.name: _upgrade_handler(keepers, each) for each in upgrades.UPGRADES}
    keepers.upgrade.know(known, dict.fromkeys(GENESIS_ORDER, STORE_VERSION))
    return keepers


def _upgrade_handler(keepers: Keepers, upgrade: Upgrade) -> UpgradeHandler:
    return lambda ctx, versions: upgrade.migrate(ctx, keepers, versions)


def register_routes(router: Router, keepers: Keepers) -> None:
    """Route the messages and queries of all modules."""
    auth_msgs.register(router, keepers.auth)
    auth_queries.register(router, keepers.auth)
    vesting_msgs.register(router, keepers.auth, keepers.bank)
    bank_msgs.register(router, keepers.bank)
    bank_queries.register(router, keepers.bank)
    authz_msgs.register(router, keepers.authz, registry.unpack)
    authz_queries.register(router, keepers.authz)
    feegrant_msgs.register(router, keepers.feegrant)
    feegrant_queries.register(router, keepers.feegrant)
    consensus_msgs.register(router, keepers.consensus)
    consensus_queries.register(router, keepers.consensus)
    take_msgs.register(router, keepers.take)
    take_queries.register(router, keepers.take)
    escrow_msgs.register(router, keepers.escrow)
    escrow_queries.register(router)
    deployment_msgs.register(router, keepers.deployment_keepers)
    deployment_queries.register(router, keepers.deployment, keepers.escrow)
    market_msgs.register(router, keepers.market_keepers)
    market_queries.register(router, keepers.market, keepers.escrow)
    provider_msgs.register(router, keepers.provider_keepers)
    provider_queries.register(router, keepers.provider)
    audit_msgs.register(router, keepers.audit)
    audit_queries.register(router, keepers.audit)
    cert_msgs.register(router, keepers.cert)
    cert_queries.register(router)
    staking_msgs.register(router, keepers.staking)
    staking_queries.register(router, keepers.staking)
    slashing_msgs.register(router, keepers.slashing)
    slashing_queries.register(router, keepers.slashing)
    distribution_msgs.register(router, keepers.distribution)
    distribution_queries.register(router, keepers.distribution)
    mint_msgs.register(router, keepers.mint)
    mint_queries.register(router, keepers.mint)
    evidence_msgs.register(router)
    evidence_queries.register(router, keepers.evidence)
    epochs_msgs.register(router)
    epochs_queries.register(router, keepers.epochs)
    oracle_msgs.register(router, keepers.oracle)
    oracle_queries.register(router, keepers.oracle)
    bme_msgs.register(router, keepers.bme)
    bme_queries.register(router, keepers.bme)
    feeauction_msgs.register(router, keepers.feeauction)
    feeauction_queries.register(router, keepers.feeauction)
    gov_msgs.register(router, keepers.gov)
    gov_queries.register(router, keepers.gov)
    gov_legacy_msgs.register(router, keepers.gov)
    gov_legacy_queries.register(router, keepers.gov)
    upgrade_msgs.register(router, keepers.upgrade)
    upgrade_queries.register(router, keepers.upgrade)
    grants_msgs.register(router, keepers.grants)
    grants_queries.register(router, keepers.grants)


# Consensus comes first: it completes the parameters that the head of the document gave. Auth makes the
# accounts that bank's balances belong to. Expiry's parameters come before the orders that queue up by them.
GENESIS_ORDER = (
    "consensus", "auth", "authz", "bank", "distribution", "staking",
    "staking_admission", "slashing", "gov", "grants", "take", "take_outflow", "feeauction", "audit", "mint",
    "evidence", "feegrant", "cert", "oracle",
    "oracle_results", "deployment", "provider", "market_expiry", "market", "epochs", "bme", "bme_progress",
    "escrow", "upgrade",
)  # fmt: skip
STORE_VERSION = 1
"""Of every module's store so far. The upgrade that changes a store gives its module a version of its own."""

# Who works at a block's begin, and who at its end, in the order of the network.
BEGIN_ORDER = (
    "epochs", "upgrade", "auth", "authz", "distribution", "mint", "slashing", "bme", "evidence", "staking",
)  # fmt: skip
END_ORDER = ("gov", "staking", "bme", "feeauction", "feegrant", "market", "oracle")


def make_modules(k: Keepers) -> dict[str, Module]:
    """The modules' work in genesis and in blocks, by name."""
    market = k.market_keepers
    modules = (
        _module("auth", auth_genesis, k.auth, pre_block=lambda ctx: auth_abci.pre_block(ctx, k.auth)),
        _module("bank", bank_genesis, k.bank),
        _module(
            "authz", authz_genesis, k.authz, begin_block=lambda ctx: authz_abci.begin_block(ctx, k.authz)
        ),
        _module(
            "feegrant",
            feegrant_genesis,
            k.feegrant,
            end_block=lambda ctx: feegrant_abci.end_block(ctx, k.feegrant),
        ),
        _module("consensus", consensus_genesis, k.consensus, required=False),
        _module("take", take_genesis, k.take),
        Module(
            "take_outflow",
            lambda ctx, document: take_genesis.init_outflow(ctx, k.take, document),
            lambda ctx: take_genesis.export_outflow(ctx, k.take),
            required=False,
        ),
        _module("escrow", escrow_genesis, k.escrow),
        _module("deployment", deployment_genesis, k.deployment),
        _module("market", market_genesis, k.market, end_block=lambda ctx: market_abci.end_block(ctx, market)),
        Module(
            "market_expiry",
            lambda ctx, document: market_genesis.init_expiry(ctx, k.market, document),
            lambda ctx: market_genesis.export_expiry(ctx, k.market),
            required=False,
        ),
        _module("provider", provider_genesis, k.provider),
        _module("audit", audit_genesis, k.audit),
        _module("cert", cert_genesis, k.cert),
        *_stake_modules(k),
        *_credit_modules(k),
    )
    return {module.name: module for module in modules}


def _stake_modules(k: Keepers) -> tuple[Module, ...]:
    """The modules of proof of stake."""
    return (
        _module(
            "staking",
            staking_genesis,
            k.staking,
            begin_block=lambda ctx: staking_abci.begin_block(ctx, k.staking),
            end_block=lambda ctx: staking_abci.end_block(ctx, k.staking),
        ),
        Module(
            "staking_admission",
            lambda ctx, document: staking_genesis.init_admission(ctx, k.staking, document),
            staking_genesis.export_admission,
            required=False,
        ),
        _module(
            "slashing",
            slashing_genesis,
            k.slashing,
            begin_block=lambda ctx: slashing_abci.begin_block(ctx, k.slashing),
        ),
        _module(
            "distribution",
            distribution_genesis,
            k.distribution,
            begin_block=lambda ctx: distribution_abci.begin_block(ctx, k.distribution),
        ),
        _module("mint", mint_genesis, k.mint, begin_block=lambda ctx: mint_abci.begin_block(ctx, k.mint)),
        _module(
            "evidence",
            evidence_genesis,
            k.evidence,
            begin_block=lambda ctx: evidence_abci.begin_block(ctx, k.evidence),
        ),
        _module(
            "upgrade",
            upgrade_genesis,
            k.upgrade,
            required=False,
            pre_block=lambda ctx: upgrade_abci.pre_block(ctx, k.upgrade),
        ),
        _module("grants", grants_genesis, k.grants, required=False),
        _module(
            "gov",
            gov_genesis,
            k.gov,
            required=False,
            end_block=lambda ctx: gov_abci.end_block(ctx, k.gov),
        ),
    )


def _credit_modules(k: Keepers) -> tuple[Module, ...]:
    """The modules of the dollar credit."""
    return (
        _module(
            "epochs",
            epochs_genesis,
            k.epochs,
            required=False,
            begin_block=lambda ctx: epochs_abci.begin_block(ctx, k.epochs),
        ),
        _module(
            "oracle", oracle_genesis, k.oracle, end_block=lambda ctx: oracle_abci.end_block(ctx, k.oracle)
        ),
        Module(
            "oracle_results",
            lambda ctx, document: oracle_genesis.init_results(ctx, k.oracle, document),
            lambda ctx: oracle_genesis.export_results(ctx, k.oracle),
            required=False,
        ),
        _module(
            "bme",
            bme_genesis,
            k.bme,
            begin_block=lambda ctx: bme_abci.begin_block(ctx, k.bme),
            end_block=lambda ctx: bme_abci.end_block(ctx, k.bme),
        ),
        Module(
            "bme_progress",
            lambda ctx, document: bme_genesis.init_progress(ctx, k.bme, document),
            lambda ctx: bme_genesis.export_progress(ctx, k.bme),
            required=False,
        ),
        _module(
            "feeauction",
            feeauction_genesis,
            k.feeauction,
            required=False,
            end_block=lambda ctx: feeauction_abci.end_block(ctx, k.feeauction),
        ),
    )


def violations(ctx: Context, k: Keepers) -> list[str]:
    """Everything that must hold and does not: in each module, between modules, and in the bank."""
    holders = (
        k.escrow, k.deployment, k.market, k.take, k.provider, k.audit, k.cert, k.staking, k.slashing,
        k.distribution, k.mint, k.evidence, k.epochs, k.oracle, k.bme, k.feeauction, k.gov, k.upgrade,
        k.grants, k.reactions, k.bank,
    )  # fmt: skip
    return [words for holder in holders for words in holder.invariants(ctx)]


def _require_sound(ctx: Context, k: Keepers) -> None:
    broken = violations(ctx, k)
    if broken:
        raise GenesisError("; ".join(broken[:8]))


def _module(name: str, genesis: Any, keeper: Any, **work: Any) -> Module:
    return Module(
        name,
        lambda ctx, document: genesis.init(ctx, keeper, document),
        lambda ctx: genesis.export(ctx, keeper),
        **work,
    )


# Display names of the denoms: base, display, and what a page shows.
DENOMS = (
    ("uakt", "akt", 6, "Akash Network Token", "AKT", "Native token: fees, deposits"),
    ("uact", "act", 6, "Akash Compute Token", "ACT", "Compute credit, worth one US dollar"),
    ("uusdc", "usdc", 6, "USD Coin", "USDC", "US dollar stablecoin"),
)


class Founder(NamedTuple):
    """A validator of the first block: its account, its consensus key, what it stakes with itself."""

    operator: bytes
    public_key: bytes
    tokens: int
    moniker: str = ""


def default_genesis(
    profile: Profile, balances: Mapping[bytes, Mapping[str, int]], founders: Sequence[Founder] = ()
) -> dict[str, Any]:
    """The app_state of a new network: default parameters, these accounts with these coins, these validators.

    What founders stake comes on top of the balances. Supply is fixed: mint's parameters allow no inflation.
    """
    native = profile.native_denom
    staked = sum(founder.tokens for founder in founders)
    pool = module_address("bonded_tokens_pool")
    operators = [founder.operator for founder in founders]
    if staked:
        balances = {**balances, pool: {native: staked}}
    accounts = [
        {
            "@type": "/cosmos.auth.v1beta1.BaseAccount",
            "address": profile.bech32.text(address),
            "pub_key": None,
            "account_number": str(number),
            "sequence": "0",
        }
        for number, address in enumerate(
            dict.fromkeys([address for address in balances if address != pool] + operators)
        )
    ]
    owned = [
        {
            "address": profile.bech32.text(address),
            "coins": [
                {"denom": denom, "amount": str(coins[denom])} for denom in sorted(coins) if coins[denom]
            ],
        }
        for address, coins in balances.items()
    ]
    return {
        "auth": {"params": to_dict(default_auth_params()), "accounts": accounts},
        "authz": {"authorization": []},
        "bank": {
            "params": to_dict(default_bank_params()),
            "balances": owned,
            "supply": [],
            "denom_metadata": [_metadata(*denom) for denom in DENOMS],
            "send_enabled": [],
        },
        "feegrant": {"allowances": []},
        "take": {"params": to_dict(default_take_params())},
        "take_outflow": take_genesis.default_outflow(),
        "feeauction": feeauction_genesis.default(),
        "escrow": {"accounts": [], "payments": []},
        "deployment": {"deployments": [], "params": to_dict(default_deployment_params())},
        "market": {"params": to_dict(default_market_params()), "orders": [], "leases": [], "bids": []},
        "market_expiry": {"params": to_dict(default_expiry())},
        "provider": {"providers": []},
        "audit": {"providers": []},
        "cert": {"certificates": []},
        "distribution": distribution_genesis.default(),
        "staking": _founded(profile, founders),
        "staking_admission": staking_genesis.default_admission(),
        "slashing": slashing_genesis.default(),
        "mint": mint_genesis.default(native),
        "evidence": {"evidence": []},
        "epochs": epochs_genesis.default(),
        "oracle": oracle_genesis.default(),
        "oracle_results": {"aggregated_prices": [], "health": []},
        "bme": bme_genesis.default(native),
        "bme_progress": bme_genesis.default_progress(),
        "gov": gov_genesis.default(native),
        "upgrade": upgrade_genesis.default(),
        "grants": grants_genesis.default(),
    }


def _founded(profile: Profile, founders: Sequence[Founder]) -> dict[str, Any]:
    document = staking_genesis.default(profile.native_denom)
    for founder in founders:
        validator, delegation = staking_genesis.bonded_validator(profile.bech32, *founder)
        document["validators"].append(validator)
        document["delegations"].append(delegation)
    return document


def _metadata(
    base: str, display: str, exponent: int, name: str, symbol: str, description: str
) -> dict[str, Any]:
    units = ((base, 0), ("m" + display, exponent // 2), (display, exponent))
    return {
        "description": description,
        "denom_units": [{"denom": denom, "exponent": size, "aliases": []} for denom, size in units],
        "base": base,
        "display": display,
        "name": name,
        "symbol": symbol,
        "uri": "",
        "uri_hash": "",
    }
