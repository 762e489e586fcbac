"""Ed25519 signatures of the service: one key file, readable by its owner only."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

ALGORITHM = "ed25519"


class NoSigner(RuntimeError):
    """The database was opened without a signer: session.info["signer"] is None."""


class RevokedKey(RuntimeError):
    """The log says that this service key no longer counts: give the service another key file."""


class BadKeyFile(RuntimeError):
    """The signing key file cannot be used; the message says why and what to do."""


class Signer:
    """A private key that signs entries. `key_id` is the first 16 hex digits of SHA-256(public key)."""

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        self.public_key = private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key_id = key_id(self.public_key)

    @classmethod
    def generate(cls) -> Signer:
        """A key from the system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> Signer:
        """The key of 32 given bytes: for tests and repeatable demo data, never for real evidence."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    def sign(self, message: bytes) -> bytes:
        """64 bytes of Ed25519 signature (RFC 8032): the same message always gives the same bytes."""
        return self._private_key.sign(message)

    def seed(self) -> bytes:
        """The 32 secret bytes that `from_seed` takes."""
        return self._private_key.private_bytes_raw()

    def pem(self) -> bytes:
        return self._private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class Checker:
    """Verifies signatures of one public key."""

    def __init__(self, public_key: bytes) -> None:
        self._public_key = Ed25519PublicKey.from_public_bytes(public_key)

    def accepts(self, signature: bytes, message: bytes) -> bool:
        try:
            self._public_key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


def key_id(public_key: bytes) -> str:
    """The short name of a key in the leaves."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def load_or_create(path: Path) -> Signer:
    """The signer of a key file; made with mode 0600 when there is none.

    Raises BadKeyFile when others can read the file or it holds no Ed25519 key.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    signer = Signer.generate()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return load(path)
    with os.fdopen(descriptor, "wb") as file:
        file.write(signer.pem())
        file.flush()
        os.fsync(file.fileno())
    return signer


def load(path: Path) -> Signer:
    """The signer of an existing key file. Raises BadKeyFile, FileNotFoundError."""
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise BadKeyFile(f"{path}: other users can read the signing key. Run: chmod 600 {path}")
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except ValueError as error:
        raise BadKeyFile(f"{path}: not a private key in PEM form. Restore it from a backup.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKeyFile(f"{path}: not an Ed25519 key. Restore it from a backup.")
    return Signer(key)
