"""Keys: reading what other actors publish, making and loading our own. Pure.

Only RSA from 2048 to 8192 bits and Ed25519 are taken: what the fediverse signs with.
Loading costs from 30 µs (public) to 30 ms (private, with checks): callers keep the
loaded key.
"""

from dataclasses import field
from functools import lru_cache
from typing import Final, cast

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from server import errors
from server.values import dataclass

PrivateKey = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

_PADDING, _HASH = padding.PKCS1v15(), hashes.SHA256()
_MIN_RSA_BITS: Final = 2048
_MAX_RSA_BITS: Final = 8192  # above, one verification costs more than a millisecond
_MAX_RSA_EXPONENT: Final = 2**33 - 1  # a huge public exponent makes each verification slow
_OUR_RSA_BITS: Final = 2048  # what every known server accepts (Mastodon, Pixelfed)
_LOADED: Final = 256  # private keys kept ready: those of the artists who speak now
_MAX_KEY_LENGTH: Final = 8192  # characters; an 8192-bit key takes 1,500
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"  # base58btc
_ED25519_PREFIX: Final = b"\xed\x01"  # multicodec ed25519-pub
_RSA_PREFIX: Final = b"\x85\x24"  # multicodec rsa-pub


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A loaded key and whose it is. `owner` is the actor that publishes `key_id` as its own."""

    key_id: str
    owner: str
    material: rsa.RSAPublicKey | ed25519.Ed25519PublicKey
    is_rsa: bool = field(init=False)  # else it is Ed25519

    def __post_init__(self) -> None:
        """Look at the key's kind once: it is asked three times a signature."""
        object.__setattr__(self, "is_rsa", isinstance(self.material, rsa.RSAPublicKey))

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Say whether this key made `signature` over `message`: RSA PKCS #1 v1.5 with SHA-256."""
        try:
            if self.is_rsa:
                rsa_key = cast("rsa.RSAPublicKey", self.material)
                rsa_key.verify(signature, message, _PADDING, _HASH)
            else:
                cast("ed25519.Ed25519PublicKey", self.material).verify(signature, message)
        except InvalidSignature:
            return False
        return True


def load_public_key(text: str, *, key_id: str, owner: str) -> PublicKey:
    """Load a PEM (SPKI or PKCS #1) or a Multikey (FEP-521a, "z…") that `owner` publishes.

    Raises `Untrusted` for everything that is no RSA or Ed25519 key of sound size.
    """
    if len(text) > _MAX_KEY_LENGTH:
        raise errors.Untrusted("The actor's public key is far too long; publish RSA or Ed25519.")
    try:
        found = _from_multibase(text) if text.startswith("z") else _from_pem(text)
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise errors.Untrusted(
            "The actor's public key cannot be read; publish it as PEM."
        ) from problem
    if isinstance(found, rsa.RSAPublicKey):
        _check_rsa(found)
        return PublicKey(key_id, owner, found)
    if isinstance(found, ed25519.Ed25519PublicKey):
        return PublicKey(key_id, owner, found)
    raise errors.Untrusted("The actor's key is neither RSA nor Ed25519; publish one that is.")


def sign_message(key: PrivateKey, message: bytes) -> bytes:
    """Return what `PublicKey.has_signed` verifies."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, _PADDING, _HASH)
    return key.sign(message)


@lru_cache(maxsize=_LOADED)
def load_private_key(pem: str) -> PrivateKey:
    """Load a key that we made; its checks (30 ms) are left out for that reason.

    Raises `Invalid` where it is neither RSA nor Ed25519.
    """
    try:
        found = serialization.load_pem_private_key(
            pem.encode(), password=None, unsafe_skip_rsa_key_validation=True
        )
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise errors.Invalid(
            "The private key cannot be read; restore it or rotate it."
        ) from problem
    if not isinstance(found, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey):
        raise errors.Invalid("The private key is neither RSA nor Ed25519; rotate it.")
    return found


def generate_rsa_pem() -> tuple[str, str]:
    """Make a key pair and return (private, public) as PEM. Takes about 50 ms."""
    return _pems(rsa.generate_private_key(public_exponent=65537, key_size=_OUR_RSA_BITS))


def generate_ed25519_pem() -> tuple[str, str, str]:
    """Make a key pair and return (private PEM, public PEM, Multikey). Takes under 1 ms."""
    key = ed25519.Ed25519PrivateKey.generate()
    private, public = _pems(key)
    raw = key.public_key().public_bytes_raw()
    return private, public, encode_multibase(_ED25519_PREFIX + raw)


def encode_multibase(raw: bytes) -> str:
    """Write bytes in base58btc with its multibase mark, "z" (W3C Controlled Identifiers, 2.4)."""
    number, letters = int.from_bytes(raw, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        letters = _BASE58[digit] + letters
    leading = len(raw) - len(raw.lstrip(b"\0"))
    return "z" + "1" * leading + letters


def decode_multibase(text: str) -> bytes:
    """Read base58btc with its mark. Raises `ValueError`."""
    if not text.startswith("z") or len(text) > _MAX_KEY_LENGTH:
        raise ValueError("no base58btc of sensible length")
    return _decode_base58(text[1:])


def _pems(key: PrivateKey) -> tuple[str, str]:
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


def _check_rsa(key: rsa.RSAPublicKey) -> None:
    if key.key_size < _MIN_RSA_BITS:
        raise errors.Untrusted("The actor's RSA key is weaker than 2048 bits; rotate it.")
    if key.key_size > _MAX_RSA_BITS:
        raise errors.Untrusted("The actor's RSA key is larger than 8192 bits; use a smaller one.")
    if key.public_numbers().e > _MAX_RSA_EXPONENT:
        raise errors.Untrusted("The actor's RSA key has a huge exponent; use 65537.")


def _from_pem(text: str) -> object:
    return serialization.load_pem_public_key(text.encode("utf-8", "surrogateescape"))


def _from_multibase(text: str) -> object:
    raw = decode_multibase(text)
    if raw.startswith(_ED25519_PREFIX):
        return ed25519.Ed25519PublicKey.from_public_bytes(raw.removeprefix(_ED25519_PREFIX))
    if raw.startswith(_RSA_PREFIX):
        return serialization.load_der_public_key(raw.removeprefix(_RSA_PREFIX))
    return None


def _decode_base58(text: str) -> bytes:
    number = 0
    for letter in text:
        number = number * 58 + _BASE58.index(letter)
    leading = len(text) - len(text.lstrip("1"))
    return bytes(leading) + number.to_bytes((number.bit_length() + 7) // 8, "big")
