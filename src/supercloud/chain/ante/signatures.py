"""Steps about signers: their keys, number and price of signatures, the signatures themselves, sequences."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError

from supercloud.chain.ante import verifier
from supercloud.chain.ante.keys import Key, read_key
from supercloud.chain.ante.reading import Verified
from supercloud.chain.ante.verifier import BadSignature, Signer, only_amino, threshold_parts
from supercloud.chain.baseapp.context import Event, Mode
from supercloud.chain.baseapp.timestamps import checked_ns
from supercloud.pb.cosmos.crypto.multisig.v1beta1.multisig_pb2 import MultiSignature
from supercloud.types.errors import (
    InvalidPubKey,
    InvalidRequest,
    TooManySignatures,
    TxParse,
    Unauthorized,
    WrongSequence,
    invariant,
)

if TYPE_CHECKING:
    from supercloud.chain.ante.draft import Draft
    from supercloud.chain.ante.expected_keepers import Account, AccountKeeper

UNORDERED_GAS = 2240
TIMESTAMP_GAS = 1000 + 2000 + 30 * 42
"""What marking a timestamp as used costs at most, charged to a simulation, which marks nothing."""
KEY_WRITE_GAS = 30 * 81
"""What a first public key adds to the write of its account, charged to a simulation that does not name it."""
UNORDERED_AHEAD_MAX = 10 * 60 * 10**9
"""How far ahead of the block's time an unordered transaction may be good (ns)."""
SEQUENCE_MAX = 2**64 - 1


def set_public_keys(draft: Draft) -> None:
    """Keep the key that an account signs with for the first time; name signers and signatures in events."""
    ctx, infos = draft.ctx, draft.tx.auth_info.signer_infos
    require_one_signature_each(draft)
    for index, address in enumerate(draft.signers):
        base, info = draft.signer_account(address).base, infos[index]
        if info.HasField("public_key"):
            key = read_key(info.public_key)
            if key.address != address and not draft.simulate:
                text = ctx.bech32.text(address)
                raise InvalidPubKey(f"pubKey does not match signer address {text} with signer index: {index}")
            if not base.HasField("pub_key") and key.address == address:
                base.pub_key.CopyFrom(info.public_key)
                draft.changed[address] = draft.signer_account(address)
        elif draft.simulate and not base.HasField("pub_key"):
            ctx.gas.consume(KEY_WRITE_GAS, "WriteFlat")
    events = draft.reading.events
    if events is None:
        events = draft.reading.events = _signature_events(draft)
    ctx.events += events


def _signature_events(draft: Draft) -> list[Event]:
    events = []
    unordered = draft.tx.body.unordered
    rows = zip(draft.signers, draft.tx.auth_info.signer_infos, signatures_of(draft), strict=True)
    for address, info, signature in rows:
        if not unordered:
            text = draft.ctx.bech32.text(address)
            events.append(Event("tx", (("acc_seq", f"{text}/{info.sequence}"),)))
        parts = _parts(signature) if info.mode_info.HasField("multi") else (signature,)
        events += [Event("tx", (("signature", b64encode(part).decode()),)) for part in parts]
    return events


def require_one_signature_each(draft: Draft) -> None:
    """As many signer infos and signatures as signers, in their order."""
    expected = len(draft.signers)
    given = len(draft.tx.auth_info.signer_infos)
    signatures = len(draft.tx.signatures)
    if draft.simulate and not signatures:
        signatures = given
    if given != expected or signatures != expected:
        count = given if given != expected else signatures
        raise Unauthorized(f"invalid number of signer;  expected: {expected}, got {count}")


def signatures_of(draft: Draft) -> list[bytes]:
    """The signatures; a simulated transaction may leave them out."""
    return draft.tx.signatures or [b""] * len(draft.signers)


def _parts(signature: bytes) -> tuple[bytes, ...]:
    """The members' signatures, then all of them together."""
    try:
        return (*MultiSignature.FromString(signature).signatures, signature)
    except DecodeError as error:
        raise TxParse(f"multisignature: {error}: tx parse error") from error


def limit_count(draft: Draft) -> None:
    """A transaction may bring a bounded number of signatures."""
    limit = draft.params.tx_sig_limit
    count = 0
    for info in draft.tx.auth_info.signer_infos:
        if info.HasField("public_key"):
            count += read_key(info.public_key).signatures
        if count > limit:
            raise TooManySignatures(f"signatures: {count}, limit: {limit}")


def charge_signatures(draft: Draft) -> None:
    """Every signature costs what verifying it takes, verified or remembered."""
    gas, params = draft.ctx.gas, draft.params
    infos = draft.tx.auth_info.signer_infos
    for index, (address, signature) in enumerate(zip(draft.signers, signatures_of(draft), strict=True)):
        key = _account_key(draft.signer_account(address))
        draft.keys.append(key)
        if key is None:
            if not draft.simulate:
                raise InvalidPubKey("pubkey on account is not set")
            gas.consume(params.sig_verify_cost_secp256k1, "ante verify: secp256k1")
        elif not key.members:
            name = key.url.split(".")[2]
            gas.consume(key.cost(params), f"ante verify: {name}")
        else:
            count = key.threshold
            mode = infos[index].mode_info
            if mode.HasField("multi") and not draft.simulate:
                try:
                    count = len(threshold_parts(key, mode.multi, signature)[0])
                except BadSignature:
                    count = len(key.members)
            gas.consume(count * params.sig_verify_cost_secp256k1, "ante verify: multisig")


def verify(draft: Draft) -> None:
    """The sequence is the next one and the signature is the signer's.

    A signature that was good in CheckTx is not verified again as long as the signer's account is the same.
    """
    ctx, tx = draft.ctx, draft.tx
    infos = tx.auth_info.signer_infos
    unordered = tx.body.unordered
    payer = ctx.bech32.parse(tx.auth_info.fee.payer) if tx.auth_info.fee.payer else draft.signers[0]
    signatures = signatures_of(draft)
    for index, address in enumerate(draft.signers):
        info = infos[index]
        account = draft.signer_account(address)
        key = draft.keys[index]
        if unordered:
            if info.sequence:
                raise InvalidRequest("sequence is not allowed for unordered transactions")
        elif info.sequence != account.base.sequence:
            raise WrongSequence(
                f"account sequence mismatch, expected {account.base.sequence}, got {info.sequence}"
            )
        if draft.simulate or ctx.mode is Mode.RECHECK or key is None:
            continue
        number = account.base.account_number if ctx.height else 0
        public_key = account.base.pub_key
        found = Verified(index, key, public_key.value, ctx.chain_id, number, info.sequence)
        if found in draft.reading.verified:
            continue
        signer = Signer(address, key, ctx.chain_id, number, info.sequence, public_key, address == payer)
        try:
            verifier.verify(tx, signer, info.mode_info, signatures[index])
        except BadSignature as error:
            raise Unauthorized(_refusal(draft, signer, only_amino(info.mode_info), error)) from error
        draft.reading.verified.append(found)


def _refusal(draft: Draft, signer: Signer, amino: bool, error: BadSignature) -> str:
    number, chain_id = signer.account_number, draft.ctx.chain_id
    words = f"signature verification failed; please verify account number ({number})"
    if amino:
        sequence = draft.signer_account(signer.address).base.sequence
        return f"{words}, sequence ({sequence}) and chain-id ({chain_id})"
    return f"{words} and chain-id ({chain_id}): ({error})"


def use_timestamp(draft: Draft, accounts: AccountKeeper) -> None:
    """An unordered transaction is good once for each of its signers, until the time that it names."""
    body, ctx = draft.tx.body, draft.ctx
    if not body.unordered:
        return
    if not body.HasField("timeout_timestamp") or body.timeout_timestamp.seconds == 0:
        raise InvalidRequest("unordered transaction must have timeout_timestamp set")
    timeout = checked_ns(body.timeout_timestamp)
    if timeout < ctx.time:
        raise InvalidRequest("unordered transaction has a timeout_timestamp that has already passed")
    if timeout > ctx.time + UNORDERED_AHEAD_MAX:
        raise InvalidRequest("unordered tx ttl exceeds 10m0s")
    ctx.gas.consume(UNORDERED_GAS, "unordered tx")
    if draft.simulate:
        # The same transaction may be simulated while it waits in the mempool.
        ctx.gas.consume(TIMESTAMP_GAS * len(draft.signers), "WriteFlat")
        return
    for address in draft.signers:
        accounts.use_timestamp(ctx, address, timeout)


def advance_sequences(draft: Draft) -> None:
    """Count an ordered transaction for each of its signers."""
    if draft.tx.body.unordered:
        return
    for address in draft.signers:
        account = draft.signer_account(address)
        invariant(account.base.sequence < SEQUENCE_MAX, "account sequence overflows")
        account.base.sequence += 1
        draft.changed[address] = account


def _account_key(account: Account) -> Key | None:
    return read_key(account.base.pub_key) if account.base.HasField("pub_key") else None
