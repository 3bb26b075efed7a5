"""Which modules there are, who is handed what, and in which order they work. Nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from supercloud.chain.ante.chain import AnteChain
from supercloud.chain.ante.verifier import Verifier
from supercloud.chain.baseapp import queries
from supercloud.chain.baseapp.application import STORE as BASE_STORE
from supercloud.chain.baseapp.application import BaseApp, Wiring
from supercloud.chain.baseapp.context import Profile
from supercloud.chain.baseapp.genesis import GenesisError, Module
from supercloud.chain.baseapp.router import Router
from supercloud.chain.store.multistore import MultiStore
from supercloud.chain.x.auth import abci as auth_abci
from supercloud.chain.x.auth import genesis as auth_genesis
from supercloud.chain.x.auth import msg_server as auth_msgs
from supercloud.chain.x.auth import query_server as auth_queries
from supercloud.chain.x.auth.keeper import Keeper as AuthKeeper
from supercloud.chain.x.auth.types import default_params as default_auth_params
from supercloud.chain.x.authz import abci as authz_abci
from supercloud.chain.x.authz import genesis as authz_genesis
from supercloud.chain.x.authz import msg_server as authz_msgs
from supercloud.chain.x.authz import query_server as authz_queries
from supercloud.chain.x.authz.keeper import Keeper as AuthzKeeper
from supercloud.chain.x.bank import genesis as bank_genesis
from supercloud.chain.x.bank import msg_server as bank_msgs
from supercloud.chain.x.bank import query_server as bank_queries
from supercloud.chain.x.bank.keeper import Keeper as BankKeeper
from supercloud.chain.x.bank.types import default_params as default_bank_params
from supercloud.chain.x.consensus import genesis as consensus_genesis
from supercloud.chain.x.consensus import msg_server as consensus_msgs
from supercloud.chain.x.consensus import query_server as consensus_queries
from supercloud.chain.x.consensus.keeper import Keeper as ConsensusKeeper
from supercloud.chain.x.feegrant import abci as feegrant_abci
from supercloud.chain.x.feegrant import genesis as feegrant_genesis
from supercloud.chain.x.feegrant import msg_server as feegrant_msgs
from supercloud.chain.x.feegrant import query_server as feegrant_queries
from supercloud.chain.x.feegrant.keeper import Keeper as FeegrantKeeper
from supercloud.codec import registry
from supercloud.codec import tx as tx_codec
from supercloud.codec.json import to_dict
from supercloud.types.address import module_address

if TYPE_CHECKING:
    from supercloud.chain.ante.fees import GasPrice
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.store.backend import Backend
    from supercloud.pb.tendermint.abci import types_pb2 as abci

NAME = "supercloud"

STORES = (BASE_STORE, "acc", "authz", "bank", "consensus", "feegrant")

# Accounts of modules and what they may do with supply. All are closed to transfers by users.
MODULE_ACCOUNTS: Mapping[str, tuple[str, ...]] = {
    "distribution": (),
    "escrow": (),
    "fee_collector": (),
    "gov": ("burner",),
}
# Accounts that belong to modules on other networks of this kind; they stay closed here too.
RESERVED = ("bme", "bonded_tokens_pool", "mint", "not_bonded_tokens_pool", "transfer")


@dataclass(frozen=True)
class Options:
    """What one node decides for itself; none of it changes state."""

    version: str = "0"
    gas_prices: Sequence[GasPrice] = ()
    keep_heights: int = 0
    retain_blocks: int = 0
    on_defect: Callable[[BaseException], None] | None = None


class Keepers(NamedTuple):
    """The keepers of all modules."""

    auth: AuthKeeper
    bank: BankKeeper
    authz: AuthzKeeper
    feegrant: FeegrantKeeper
    consensus: ConsensusKeeper


class SupercloudApp(BaseApp):
    """The market's state machine."""

    def __init__(self, backend: Backend, profile: Profile, options: Options) -> None:
        router = Router()
        self.keepers = make_keepers(router)
        self.version = options.version
        register_routes(router, self.keepers)
        modules = make_modules(self.keepers)
        keepers = self.keepers
        ante = AnteChain(router, keepers.auth, keepers.bank, keepers.feegrant, options.gas_prices, Verifier())
        wiring = Wiring(
            name=NAME,
            version=options.version,
            router=router,
            decode=tx_codec.decode,
            ante=ante,
            consensus=keepers.consensus,
            genesis_order=[modules[name] for name in GENESIS_ORDER],
            block_order=[modules[name] for name in BLOCK_ORDER],
            after_genesis=lambda ctx: _require_sound(ctx, keepers),
        )
        store = MultiStore(backend, STORES, options.keep_heights)
        super().__init__(
            store, profile, wiring, retain_blocks=options.retain_blocks, on_defect=options.on_defect
        )

    def query(self, request: abci.RequestQuery) -> abci.ResponseQuery:
        """Answer a query of a committed height; every failure is an answer too."""
        return queries.query(self, request)


def build_app(
    backend: Backend, profile: Profile | None = None, options: Options | None = None
) -> SupercloudApp:
    """The application on a backend, at the height that the backend holds."""
    return SupercloudApp(backend, profile or Profile(), options or Options())


def make_keepers(router: Router) -> Keepers:
    """Make every keeper with the few others that it is handed."""
    blocked = [module_address(name) for name in (*MODULE_ACCOUNTS, *RESERVED)]
    auth = AuthKeeper(MODULE_ACCOUNTS)
    bank = BankKeeper(auth, blocked)
    authz = AuthzKeeper(router, auth, bank)
    feegrant = FeegrantKeeper(auth, bank)
    return Keepers(auth, bank, authz, feegrant, ConsensusKeeper())


def register_routes(router: Router, keepers: Keepers) -> None:
    """Route the messages and queries of all modules."""
    auth_msgs.register(router, keepers.auth)
    auth_queries.register(router, keepers.auth)
    bank_msgs.register(router, keepers.bank)
    bank_queries.register(router, keepers.bank)
    authz_msgs.register(router, keepers.authz, registry.unpack)
    authz_queries.register(router, keepers.authz)
    feegrant_msgs.register(router, keepers.feegrant)
    feegrant_queries.register(router, keepers.feegrant)
    consensus_msgs.register(router, keepers.consensus)
    consensus_queries.register(router, keepers.consensus)


# Consensus comes first: it completes the parameters that the head of the document gave. Auth makes the accounts
# that bank's balances belong to.
GENESIS_ORDER = ("consensus", "auth", "authz", "bank", "feegrant")
BLOCK_ORDER = ("auth", "authz", "feegrant")


def make_modules(keepers: Keepers) -> dict[str, Module]:
    """The modules' work in genesis and in blocks, by name."""
    auth, bank, authz, feegrant, consensus = keepers
    modules = (
        _module("auth", auth_genesis, auth, pre_block=partial(auth_abci.pre_block, keeper=auth)),
        _module("bank", bank_genesis, bank),
        _module("authz", authz_genesis, authz, begin_block=partial(authz_abci.begin_block, keeper=authz)),
        _module(
            "feegrant",
            feegrant_genesis,
            feegrant,
            end_block=partial(feegrant_abci.end_block, keeper=feegrant),
        ),
        _module("consensus", consensus_genesis, consensus, required=False),
    )
    return {module.name: module for module in modules}


def violations(ctx: Context, k: Keepers) -> list[str]:
    """Everything that must hold and does not."""
    return k.bank.invariants(ctx)


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


def default_genesis(profile: Profile, balances: Mapping[bytes, Mapping[str, int]]) -> dict[str, Any]:
    """The app_state of a new network: default parameters, these accounts with these coins."""
    accounts = [
        {
            "@type": "/cosmos.auth.v1beta1.BaseAccount",
            "address": profile.bech32.text(address),
            "pub_key": None,
            "account_number": str(number),
            "sequence": "0",
        }
        for number, address in enumerate(balances)
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
    }


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
