"""Queries about accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.pagination import paginate
from supercloud.chain.x.auth import keys
from supercloud.chain.x.auth.types import decode_account
from supercloud.pb.cosmos.auth.v1beta1 import auth_pb2
from supercloud.pb.cosmos.auth.v1beta1 import query_pb2 as pb
from supercloud.types.errors import InvalidArgument, QueryNotFound, Undefined

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.auth.keeper import Keeper
    from supercloud.chain.x.auth.types import Account


def register(router: Router, keeper: Keeper) -> None:
    """Serve this module's queries."""
    router.query(pb.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper))


class QueryServer:
    """cosmos.auth.v1beta1.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def accounts(self, ctx: Context, request: pb.QueryAccountsRequest) -> pb.QueryAccountsResponse:
        """Every account, in address order."""
        accounts, page = paginate(
            ctx.kv(keys.STORE),
            keys.ACCOUNT_PREFIX,
            request.pagination,
            lambda key, value: decode_account(key, value).to_any(),
        )
        return pb.QueryAccountsResponse(accounts=accounts, pagination=page)

    def account(self, ctx: Context, request: pb.QueryAccountRequest) -> pb.QueryAccountResponse:
        """One account as the Any of its kind."""
        if not request.address:
            raise InvalidArgument("Address cannot be empty")
        return pb.QueryAccountResponse(account=self._load(ctx, request.address).to_any())

    def account_info(self, ctx: Context, request: pb.QueryAccountInfoRequest) -> pb.QueryAccountInfoResponse:
        """The base fields of an account of any kind."""
        if not request.address:
            raise InvalidArgument("address cannot be empty")
        base = self._load(ctx, request.address).base
        info = auth_pb2.BaseAccount()
        info.CopyFrom(base)
        info.address = request.address
        return pb.QueryAccountInfoResponse(info=info)

    def account_address_by_id(
        self, ctx: Context, request: pb.QueryAccountAddressByIDRequest
    ) -> pb.QueryAccountAddressByIDResponse:
        """Address of the account with a number."""
        if request.id:
            raise InvalidArgument("requesting with id isn't supported, try to request using account-id")
        address = self._keeper.address_by_number(ctx, request.account_id)
        if address is None:
            raise QueryNotFound(f"account address not found with account number {request.account_id}")
        return pb.QueryAccountAddressByIDResponse(account_address=ctx.bech32.text(address))

    def params(self, ctx: Context, request: pb.QueryParamsRequest) -> pb.QueryParamsResponse:
        """The parameters."""
        return pb.QueryParamsResponse(params=self._keeper.params(ctx))

    def module_accounts(
        self, ctx: Context, request: pb.QueryModuleAccountsRequest
    ) -> pb.QueryModuleAccountsResponse:
        """The accounts of all modules, by module name."""
        accounts = [self._keeper.module_account(ctx, name).to_any() for name in self._keeper.permissions]
        return pb.QueryModuleAccountsResponse(accounts=accounts)

    def module_account_by_name(
        self, ctx: Context, request: pb.QueryModuleAccountByNameRequest
    ) -> pb.QueryModuleAccountByNameResponse:
        """The account of one module."""
        if not request.name:
            raise InvalidArgument("module name is empty")
        if request.name not in self._keeper.permissions:
            raise QueryNotFound(f"account {request.name} not found")
        return pb.QueryModuleAccountByNameResponse(
            account=self._keeper.module_account(ctx, request.name).to_any()
        )

    def bech32_prefix(self, ctx: Context, request: pb.Bech32PrefixRequest) -> pb.Bech32PrefixResponse:
        """The prefix of this network's addresses."""
        return pb.Bech32PrefixResponse(bech32_prefix=ctx.profile.bech32_prefix)

    def address_bytes_to_string(
        self, ctx: Context, request: pb.AddressBytesToStringRequest
    ) -> pb.AddressBytesToStringResponse:
        """Text form of an address."""
        if not request.address_bytes:
            raise Undefined("empty address bytes is not allowed")
        try:
            text = ctx.bech32.text(request.address_bytes)
        except ValueError as error:
            raise Undefined(str(error)) from error
        return pb.AddressBytesToStringResponse(address_string=text)

    def address_string_to_bytes(
        self, ctx: Context, request: pb.AddressStringToBytesRequest
    ) -> pb.AddressStringToBytesResponse:
        """Bytes of an address."""
        if not request.address_string.strip():
            raise Undefined("empty address string is not allowed")
        return pb.AddressStringToBytesResponse(address_bytes=_parse(ctx, request.address_string))

    def _load(self, ctx: Context, text: str) -> Account:
        account = self._keeper.account(ctx, _parse(ctx, text))
        if account is None:
            raise QueryNotFound(f"account {text} not found")
        return account


def _parse(ctx: Context, text: str) -> bytes:
    try:
        return ctx.bech32.parse(text)
    except ValueError as error:
        raise Undefined(str(error)) from error
