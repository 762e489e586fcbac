"""Whether a phone's key made a signature: Ed25519, or ECDSA over P-256 as browsers write it (r||s)."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from ...domain import devices
from ...domain.errors import InvalidInput


class Key:
    """A phone's public key, read once for all that it signed. Raises InvalidInput("device.key_malformed")."""

    def __init__(self, algorithm: str, public_key: bytes) -> None:
        self.algorithm = algorithm
        try:
            if algorithm == devices.ED25519:
                self._ed25519 = Ed25519PublicKey.from_public_bytes(public_key)
            else:
                self._p256 = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
        except ValueError as wrong:
            expected = devices.KEY_BYTES[algorithm]
            raise InvalidInput("device.key_malformed", field="public_key", expected=expected) from wrong

    def signed(self, text: str, signature: str) -> bool:
        """Whether the signature, in base64, was made over the text's UTF-8 bytes by this key."""
        try:
            raw, message = devices.decoded(signature, field="sig"), text.encode()
        except (InvalidInput, UnicodeEncodeError):
            return False
        if len(raw) != devices.SIGNATURE_BYTES:
            return False
        try:
            if self.algorithm == devices.ED25519:
                self._ed25519.verify(raw, message)
            else:
                r, s = int.from_bytes(raw[:32]), int.from_bytes(raw[32:])
                self._p256.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True


def key_of(algorithm: str, public_key: str) -> Key:
    """The key as it is stored: base64."""
    return Key(algorithm, devices.decoded(public_key, field="public_key"))
