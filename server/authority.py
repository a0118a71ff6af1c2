"""The certificate authority of this instance: made once, kept in the database, published.

Law: its key never leaves this process. Each picture is signed with a leaf of its own, so that a
child process that a hostile file takes over holds nothing but the key to that picture. C2PA 2.2,
14.5, says what the certificates must have; RFC 5280 says how.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from server.clock import Clock
from server.errors import Unavailable
from server.model import Millis, SigningAuthority
from server.ports import Library
from server.values import dataclass

# Signatures carry no timestamp, for that would need the network: they last as long as these do.
_AUTHORITY_YEARS: Final = 40
_LEAF_YEARS: Final = 20
_YEAR: Final = timedelta(days=365)
_EARLIER: Final = timedelta(days=1)  # clocks of readers go wrong
_MAX_NAME: Final = 64  # characters of a name in a certificate (RFC 5280, A.1)


@dataclass(frozen=True, slots=True)
class Leaf:
    """What signs one picture, as PEM. `chain`: its certificate, then the authority's."""

    chain: str
    key: str


@dataclass(frozen=True, slots=True)
class Authority:
    """Certifies in the name of this instance."""

    kept: SigningAuthority
    domain: str
    clock: Clock

    @classmethod
    async def of(cls, library: Library, clock: Clock, domain: str) -> "Authority":
        """Return this instance's authority, made now if there is none yet."""
        async with library.reading() as tx:
            kept = await tx.authorities.current()
        if kept is None:
            made = await asyncio.to_thread(_made, domain, clock.now())
            async with library.transaction() as tx:
                await tx.authorities.add_first(made)  # another process may have been quicker
                kept = await tx.authorities.current()
        if kept is None:
            raise Unavailable("The authority that signs pictures cannot be kept: try again.")
        return cls(kept, domain, clock)

    @property
    def certificate(self) -> str:
        """Return its certificate, as PEM."""
        return self.kept.certificate_pem

    @property
    def fingerprint(self) -> str:
        """Return what tells it from others: the SHA-256 of its certificate."""
        certificate = x509.load_pem_x509_certificate(self.certificate.encode())
        return sha256(certificate.public_bytes(Encoding.DER)).hexdigest()

    def leaf(self) -> Leaf:
        """Return a new key that may sign pictures, and nothing else."""
        issuer = load_pem_private_key(self.kept.private_pem.encode(), password=None)
        if not isinstance(issuer, EllipticCurvePrivateKey):
            raise Unavailable("The authority's key is of another kind: restore the database.")
        authority = x509.load_pem_x509_certificate(self.certificate.encode())
        key = generate_private_key(SECP256R1())
        made = (
            _begun(_name(self.domain, self.domain), key, self.clock.now(), _LEAF_YEARS)
            .issuer_name(authority.subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_files=True), critical=True)
            # The purpose that every reader takes; C2PA's own is for certificates from its list.
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()),
                critical=False,
            )
            .sign(issuer, hashes.SHA256())
        )
        chain = made.public_bytes(Encoding.PEM).decode() + self.certificate
        return Leaf(chain, _pem(key))


def _made(domain: str, now: Millis) -> SigningAuthority:
    key = generate_private_key(SECP256R1())
    name = _name(domain, f"{domain} Content Credentials")
    certificate = (
        _begun(name, key, now, _AUTHORITY_YEARS)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_files=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return SigningAuthority(_pem(key), certificate.public_bytes(Encoding.PEM).decode(), now)


def _begun(
    subject: x509.Name, key: EllipticCurvePrivateKey, now: Millis, years: int
) -> x509.CertificateBuilder:
    at = datetime.fromtimestamp(now // 1000, UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - _EARLIER)
        .not_valid_after(at + years * _YEAR)
    )


def _usage(*, signs_files: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs_files,
        key_cert_sign=not signs_files,
        crl_sign=not signs_files,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(organisation: str, name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:_MAX_NAME]),
            x509.NameAttribute(NameOID.COMMON_NAME, name[:_MAX_NAME]),
        ]
    )


def _pem(key: EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
