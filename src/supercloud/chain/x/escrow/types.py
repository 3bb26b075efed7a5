"""What escrow speaks of: ids of accounts, refusals, stateless checks, and the rules of deposit grants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supercloud.pb.akash.escrow.id.v1 import id_pb2
from supercloud.pb.akash.escrow.v1.msg_pb2 import MsgAccountDeposit
from supercloud.types.deposit import check_deposit
from supercloud.types.errors import InvalidAddress, define
from supercloud.types.ids import BidID, DeploymentID, LeaseID

if TYPE_CHECKING:
    from supercloud.types.address import Bech32

CODESPACE: Final = "escrow"
MODULE_ACCOUNT: Final = "escrow"
DEPOSIT_TYPE_URL: Final = "/akash.escrow.v1.MsgAccountDeposit"
"""Deposit grants are kept under this message type, whichever message spends them."""

NOT_FOUND, EXISTS, INVALID, STATE, DENIED = 5, 6, 3, 9, 7
"""gRPC statuses of refusals."""

AccountExists = define(CODESPACE, 1, "account exists", EXISTS)
AccountClosed = define(CODESPACE, 2, "account closed", STATE)
AccountNotFound = define(CODESPACE, 3, "account not found", NOT_FOUND)
AccountOverdrawn = define(CODESPACE, 4, "account overdrawn", STATE)
InvalidDenomination = define(CODESPACE, 5, "invalid denomination", INVALID)
PaymentExists = define(CODESPACE, 6, "payment exists", EXISTS)
PaymentClosed = define(CODESPACE, 7, "payment closed", STATE)
PaymentNotFound = define(CODESPACE, 8, "payment not found", NOT_FOUND)
PaymentRateZero = define(CODESPACE, 9, "payment rate zero", INVALID)
InvalidPayment = define(CODESPACE, 10, "invalid payment", INVALID)
InvalidSettlement = define(CODESPACE, 11, "invalid settlement", INVALID)
InvalidID = define(CODESPACE, 12, "invalid ID", INVALID)
InvalidAccount = define(CODESPACE, 13, "invalid account", INVALID)
InvalidAccountDepositor = define(CODESPACE, 14, "invalid account depositor", INVALID)
UnauthorizedDepositScope = define(CODESPACE, 15, "unauthorized deposit scope", DENIED)
InvalidDeposit = define(CODESPACE, 16, "invalid deposit", INVALID)
InvalidAuthzScope = define(CODESPACE, 17, "invalid authz scope", INVALID)
MalformedKey = define(CODESPACE, 18, "malformed key", INVALID)

EscrowID = DeploymentID | BidID
"""Whose money an account holds."""

SCOPE_NAMES: Final = ("invalid", "deployment", "bid")
"""Scopes by their numbers."""
STATES: Final = {"open": 1, "closed": 2, "overdrawn": 3}
"""States in the order in which lists walk them."""


def scope_of(account: EscrowID) -> int:
    """Which scope a grant must have to fund this account (grants number scopes as account ids do)."""
    return id_pb2.bid if isinstance(account, BidID) else id_pb2.deployment


def owner_of(account: EscrowID) -> bytes:
    """Whose account it is: the tenant's for a deployment, the provider's for a bid."""
    return account.provider if isinstance(account, BidID) else account.owner


def account_text(account: EscrowID, bech32: Bech32) -> str:
    """The account's name: its scope and what it belongs to."""
    scope = "bid/" if isinstance(account, BidID) else "deployment/"
    return scope + account.text(bech32)


def account_from_text(text: str, bech32: Bech32) -> EscrowID:
    """Read an account's name; refuses every spelling but the one `account_text` gives."""
    scope, _, xid = text.partition("/")
    words = xid.split("/")
    try:
        account: EscrowID
        if scope == "deployment" and len(words) == 2:
            account = DeploymentID(bech32.parse(words[0]), int(words[1]))
        elif scope == "bid" and len(words) == 5:
            order = [int(word) for word in words[1:4]]
            account = BidID(bech32.parse(words[0]), order[0], order[1], order[2], bech32.parse(words[4]))
        else:
            raise InvalidID(text)
    except ValueError as error:
        raise InvalidID(text) from error
    if account_text(account, bech32) != text:
        raise InvalidID(text)
    return account


def payment_text(payment: LeaseID, bech32: Bech32) -> str:
    """A payment's name: that of its deployment's account, then the lease within it."""
    return "deployment/" + payment.text(bech32)


def payment_from_text(text: str, bech32: Bech32) -> LeaseID:
    """Read a payment's name."""
    if not text.startswith("deployment/"):
        raise InvalidPayment(text)
    lease = account_from_text("bid/" + text.removeprefix("deployment/"), bech32)
    if not isinstance(lease, BidID):
        raise InvalidPayment(text)
    return lease


def account_from_pb(wire: id_pb2.Account, bech32: Bech32) -> EscrowID:
    """Read the id in a message."""
    if wire.scope not in (id_pb2.deployment, id_pb2.bid):
        raise InvalidID("invalid scope")
    if len(wire.xid) > 256:
        raise InvalidID("too long")
    return account_from_text(f"{SCOPE_NAMES[wire.scope]}/{wire.xid}", bech32)


def account_to_pb(account: EscrowID, bech32: Bech32) -> id_pb2.Account:
    """The wire form of an account's id."""
    return id_pb2.Account(scope=scope_of(account), xid=account.text(bech32))  # type: ignore[arg-type]


def payment_to_pb(payment: LeaseID, bech32: Bech32) -> id_pb2.Payment:
    """The wire form of a payment's id."""
    xid = f"{payment.gseq}/{payment.oseq}/{bech32.text(payment.provider)}"
    return id_pb2.Payment(aid=account_to_pb(payment.deployment, bech32), xid=xid)


def check_account_deposit(bech32: Bech32, message: MsgAccountDeposit) -> None:
    """Stateless rules of MsgAccountDeposit."""
    try:
        bech32.parse(message.signer)
    except ValueError as error:
        raise InvalidAddress(f"invalid signer address: {error}") from error
    account_from_pb(message.id, bech32)
    check_deposit(message.deposit)
    if int(message.deposit.amount.amount) == 0:
        raise InvalidDeposit("amount must be positive")
