"""Cert's keeper: the only reader and writer of certificates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from supercloud.chain.x.cert import keys, types
from supercloud.chain.x.cert.certificate import serial_of
from supercloud.pb.akash.cert.v1.cert_pb2 import Certificate
from supercloud.types.errors import ChainError

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context


class Keeper:
    """Certificates by owner and serial number."""

    def certificate(self, ctx: Context, owner: bytes, serial: int) -> Certificate | None:
        """A certificate, in whatever state."""
        kv = ctx.kv(keys.STORE)
        for state in types.STATES.values():
            value = kv.get(keys.certificate_key(state, owner, serial))
            if value is not None:
                return Certificate.FromString(value)
        return None

    def certificates(self, ctx: Context) -> Iterator[tuple[bytes, int, Certificate]]:
        """Every certificate with its owner and serial number, the valid ones first."""
        for key, value in ctx.kv(keys.STORE).prefix(keys.CERTIFICATE):
            owner, serial = keys.parse_primary(key[2:])
            yield owner, serial, Certificate.FromString(value)

    def create(self, ctx: Context, owner: bytes, serial: int, certificate: Certificate) -> None:
        """Publish a certificate whose form has been checked.

        Its serial is taken for good, even once revoked.
        """
        if self.certificate(ctx, owner, serial) is not None:
            raise types.CertificateExists
        self._put(ctx, owner, serial, certificate)

    def revoke(self, ctx: Context, owner: bytes, serial: int) -> None:
        """Mark a certificate as no longer to be trusted."""
        stored = self.certificate(ctx, owner, serial)
        if stored is None:
            raise types.CertificateNotFound
        if stored.state == types.REVOKED:
            raise types.AlreadyRevoked
        ctx.kv(keys.STORE).delete(keys.certificate_key(stored.state, owner, serial))
        stored.state = types.REVOKED
        self._put(ctx, owner, serial, stored)

    @staticmethod
    def _put(ctx: Context, owner: bytes, serial: int, certificate: Certificate) -> None:
        value = certificate.SerializeToString(deterministic=True)
        ctx.kv(keys.STORE).set(keys.certificate_key(certificate.state, owner, serial), value)

    def invariants(self, ctx: Context) -> list[str]:
        """Violations: a record under another key than its certificate's."""
        wrong = []
        for key, value in ctx.kv(keys.STORE).prefix(keys.CERTIFICATE):
            owner, serial = keys.parse_primary(key[2:])
            stored = Certificate.FromString(value)
            name = f"certificate {ctx.bech32.text(owner)}/{serial}"
            if key[1] != stored.state:
                wrong.append(f"{name} lies under another state")
            try:
                if serial_of(ctx.bech32, owner, stored.cert, stored.pubkey) != serial:
                    wrong.append(f"{name} lies under another serial")
            except ChainError as error:
                wrong.append(f"{name}: {error}")
        return wrong
