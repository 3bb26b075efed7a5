"""Queries about balances and supply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.pagination import paginate
from supercloud.chain.x.bank import keys
from supercloud.pb.cosmos.bank.v1beta1 import bank_pb2
from supercloud.pb.cosmos.bank.v1beta1 import query_pb2 as pb
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin as CoinPb
from supercloud.types.coin import is_denom
from supercloud.types.errors import InvalidArgument, QueryNotFound

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.bank.keeper import Keeper
    from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageResponse

DENOMS_MAX = 1000


def register(router: Router, keeper: Keeper) -> None:
    """Serve this module's queries."""
    router.query(pb.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper))


class QueryServer:
    """cosmos.bank.v1beta1.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def balance(self, ctx: Context, request: pb.QueryBalanceRequest) -> pb.QueryBalanceResponse:
        """One balance of an account; zero is a balance."""
        denom = _denom(request.denom)
        amount = self._keeper.balance(ctx, _address(ctx, request.address), denom)
        return pb.QueryBalanceResponse(balance=_coin(denom, amount))

    def all_balances(self, ctx: Context, request: pb.QueryAllBalancesRequest) -> pb.QueryAllBalancesResponse:
        """All balances of an account."""
        address = _address(ctx, request.address)

        def read(key: bytes, value: bytes) -> CoinPb:
            denom = key.decode()
            if request.resolve_denom:
                metadata = self._keeper.metadata(ctx, denom)
                denom = metadata.display if metadata is not None else denom
            return CoinPb(denom=denom, amount=value.decode())

        balances, page = paginate(ctx.kv(keys.STORE), keys.balances_prefix(address), request.pagination, read)
        return pb.QueryAllBalancesResponse(balances=balances, pagination=page)

    def spendable_balances(
        self, ctx: Context, request: pb.QuerySpendableBalancesRequest
    ) -> pb.QuerySpendableBalancesResponse:
        """What an account may spend."""
        address = _address(ctx, request.address)
        locked = self._keeper.locked(ctx, address)

        def read(key: bytes, value: bytes) -> CoinPb:
            denom = key.decode()
            return _coin(denom, max(int(value) - locked.get(denom, 0), 0))

        balances, page = paginate(ctx.kv(keys.STORE), keys.balances_prefix(address), request.pagination, read)
        return pb.QuerySpendableBalancesResponse(balances=balances, pagination=page)

    def spendable_balance_by_denom(
        self, ctx: Context, request: pb.QuerySpendableBalanceByDenomRequest
    ) -> pb.QuerySpendableBalanceByDenomResponse:
        """What an account may spend of one denom."""
        address, denom = _address(ctx, request.address), _denom(request.denom)
        return pb.QuerySpendableBalanceByDenomResponse(
            balance=_coin(denom, self._keeper.spendable(ctx, address, denom))
        )

    def total_supply(self, ctx: Context, request: pb.QueryTotalSupplyRequest) -> pb.QueryTotalSupplyResponse:
        """What exists of every denom."""
        supply, page = paginate(
            ctx.kv(keys.STORE),
            keys.SUPPLY_PREFIX,
            request.pagination,
            lambda key, value: CoinPb(denom=key.decode(), amount=value.decode()),
        )
        return pb.QueryTotalSupplyResponse(supply=supply, pagination=page)

    def supply_of(self, ctx: Context, request: pb.QuerySupplyOfRequest) -> pb.QuerySupplyOfResponse:
        """What exists of one denom."""
        denom = _denom(request.denom)
        return pb.QuerySupplyOfResponse(amount=_coin(denom, self._keeper.supply(ctx, denom)))

    def params(self, ctx: Context, request: pb.QueryParamsRequest) -> pb.QueryParamsResponse:
        """The parameters."""
        return pb.QueryParamsResponse(params=self._keeper.params(ctx))

    def denoms_metadata(
        self, ctx: Context, request: pb.QueryDenomsMetadataRequest
    ) -> pb.QueryDenomsMetadataResponse:
        """Metadata of all denoms."""
        metadatas, page = paginate(
            ctx.kv(keys.STORE),
            keys.METADATA_PREFIX,
            request.pagination,
            lambda key, value: bank_pb2.Metadata.FromString(value),
        )
        return pb.QueryDenomsMetadataResponse(metadatas=metadatas, pagination=page)

    def denom_metadata(
        self, ctx: Context, request: pb.QueryDenomMetadataRequest
    ) -> pb.QueryDenomMetadataResponse:
        """Metadata of one denom."""
        return pb.QueryDenomMetadataResponse(metadata=self._metadata(ctx, request.denom))

    def denom_metadata_by_query_string(
        self, ctx: Context, request: pb.QueryDenomMetadataByQueryStringRequest
    ) -> pb.QueryDenomMetadataByQueryStringResponse:
        """As `denom_metadata`, for denoms that do not fit in a path."""
        return pb.QueryDenomMetadataByQueryStringResponse(metadata=self._metadata(ctx, request.denom))

    def denom_owners(self, ctx: Context, request: pb.QueryDenomOwnersRequest) -> pb.QueryDenomOwnersResponse:
        """Who holds a denom."""
        owners, page = self._owners(ctx, request)
        return pb.QueryDenomOwnersResponse(denom_owners=owners, pagination=page)

    def denom_owners_by_query(
        self, ctx: Context, request: pb.QueryDenomOwnersByQueryRequest
    ) -> pb.QueryDenomOwnersByQueryResponse:
        """As `denom_owners`, for denoms that do not fit in a path."""
        owners, page = self._owners(ctx, request)
        return pb.QueryDenomOwnersByQueryResponse(denom_owners=owners, pagination=page)

    def send_enabled(self, ctx: Context, request: pb.QuerySendEnabledRequest) -> pb.QuerySendEnabledResponse:
        """The switches of the given denoms, or all switches."""
        if not request.denoms:
            entries, page = paginate(
                ctx.kv(keys.STORE),
                keys.SEND_ENABLED_PREFIX,
                request.pagination,
                lambda key, value: bank_pb2.SendEnabled(denom=key.decode(), enabled=value == keys.ENABLED),
            )
            return pb.QuerySendEnabledResponse(send_enabled=entries, pagination=page)
        response = pb.QuerySendEnabledResponse()
        for denom in request.denoms[:DENOMS_MAX]:
            enabled = self._keeper.send_enabled_entry(ctx, denom)
            if enabled is not None:
                response.send_enabled.add(denom=denom, enabled=enabled)
        return response

    def _metadata(self, ctx: Context, denom: str) -> bank_pb2.Metadata:
        metadata = self._keeper.metadata(ctx, _denom(denom))
        if metadata is None:
            raise QueryNotFound(f"client metadata for denom {denom}")
        return metadata

    def _owners(
        self, ctx: Context, request: pb.QueryDenomOwnersRequest | pb.QueryDenomOwnersByQueryRequest
    ) -> tuple[list[pb.DenomOwner], PageResponse]:
        denom = _denom(request.denom)

        def read(key: bytes, value: bytes) -> pb.DenomOwner:
            amount = self._keeper.balance(ctx, key, denom)
            return pb.DenomOwner(address=ctx.bech32.text(key), balance=_coin(denom, amount))

        return paginate(ctx.kv(keys.STORE), keys.owners_prefix(denom), request.pagination, read)


def _coin(denom: str, amount: int) -> CoinPb:
    return CoinPb(denom=denom, amount=str(amount))


def _denom(text: str) -> str:
    if not is_denom(text):
        raise InvalidArgument(f"invalid denom: {text}")
    return text


def _address(ctx: Context, text: str) -> bytes:
    try:
        return ctx.bech32.parse(text)
    except ValueError as error:
        raise InvalidArgument(f"invalid address: {error}") from error
