"""Signed notes: a text and the lines of those who signed it, as published by C2SP.

Two kinds of signature: plain Ed25519 (0x01, the log signs its checkpoint) and the timestamped cosignature/v1
(0x04, a witness says that as of that second this is the largest consistent checkpoint it has seen). Lines of
unknown keys are ignored, so keys can be rotated and witnesses added without telling anybody first.
Sources: C2SP signed-note, tlog-cosignature; the private form of a key is that of Go's sumdb/note.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from .signing import Checker, Signer

ED25519 = 0x01
COSIGNATURE = 0x04
SIGNATURES_MAX = 100
NOTE_CHARS_MAX = 1_000_000
TIMESTAMP_S_MAX = 2**63 - 1
_DASH = "\N{EM DASH} "
_PRIVATE = "PRIVATE+KEY+"


class BadKey(ValueError):
    """A text that is no verifier key, or no private key, of a kind we know."""


class BadNote(ValueError):
    """Not a signed note, or a signature of a key we know that does not fit the text."""


class Unsigned(BadNote):
    """A well-formed note that none of the given keys has signed."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Name, kind (ED25519 or COSIGNATURE) and public key; written "name+hexid+base64(kind || key)"."""

    name: str
    kind: int
    public_key: bytes

    def __post_init__(self) -> None:
        if not _is_name(self.name):
            raise BadKey(f"{self.name!r} cannot name a key: it is empty, or holds a space or a plus")
        if self.kind not in (ED25519, COSIGNATURE) or len(self.public_key) != 32:
            raise BadKey(f"{self.name}: not an Ed25519 key of kind 0x01 or 0x04")

    @property
    def id(self) -> bytes:
        """Four bytes: with the name they tell which key made a signature line."""
        return _key_id(self.name, self.kind, self.public_key)

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """The key of its written form. Raises BadKey."""
        name, _, rest = text.strip().partition("+")
        hex_id, _, encoded = rest.partition("+")
        kind, public_key = _kind_and_key(encoded)
        made = cls(name, kind, public_key)
        if hex_id != made.id.hex():
            raise BadKey(f"{name}: the key has the id {made.id.hex()}, the text says {hex_id!r}")
        return made

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_encode(bytes([self.kind]) + self.public_key)}"


class NoteSigner(Protocol):
    """Whoever can put a line under a note."""

    @property
    def key(self) -> VerifierKey: ...

    def line(self, text: str) -> str: ...


class LogSigner:
    """Signs checkpoints for the log: a plain Ed25519 line."""

    def __init__(self, name: str, signer: Signer) -> None:
        self._signer = signer
        self.key = VerifierKey(name, ED25519, signer.public_key)

    def line(self, text: str) -> str:
        return _line(self.key, self._signer.sign(text.encode()))


class Cosigner:
    """Signs checkpoints for a witness: a cosignature/v1 line with the second at which it was made."""

    def __init__(self, name: str, signer: Signer) -> None:
        self._signer = signer
        self.key = VerifierKey(name, COSIGNATURE, signer.public_key)

    def line(self, text: str, *, at_s: int) -> str:
        """`at_s`: POSIX seconds."""
        signature = self._signer.sign(_cosigned_message(text, at_s))
        return _line(self.key, at_s.to_bytes(8, "big") + signature)


@dataclass(frozen=True, slots=True)
class Signature:
    """A line that holds. `at_s`: POSIX seconds of a cosignature, None for a plain signature."""

    key: VerifierKey
    line: str
    at_s: int | None = None


@dataclass(frozen=True, slots=True)
class OpenNote:
    """The text of a note and the known keys that signed it, in the order of their lines."""

    text: str
    signatures: tuple[Signature, ...]

    def signed_by(self, key: VerifierKey) -> bool:
        return any(signature.key == key for signature in self.signatures)


def sign(text: str, signers: Sequence[NoteSigner]) -> str:
    """The note: the text, an empty line, one line per signer. The text ends with a newline."""
    _check_text(text)
    return f"{text}\n{''.join(signer.line(text) for signer in signers)}"


def open_note(note: str, vkeys: Sequence[VerifierKey | str]) -> OpenNote:
    """The text, once at least one of the keys has signed it.

    Raises BadNote when the note is malformed or the signature of a known key is wrong, Unsigned when no
    known key signed. Lines of other keys are ignored, and so is a second line of the same key.
    """
    keys = [VerifierKey.parse(key) if isinstance(key, str) else key for key in vkeys]
    known = {(key.name, key.id): key for key in keys}
    text, lines = split(note)
    found: dict[VerifierKey, Signature] = {}
    for line in lines:
        name, key_id, payload = read_line(line)
        key = known.get((name, key_id))
        if key is not None and key not in found:
            found[key] = Signature(key, line, _checked(key, payload, text))
    if not found:
        raise Unsigned("no known key has signed this note")
    return OpenNote(text, tuple(found.values()))


def split(note: str) -> tuple[str, list[str]]:
    """Text and signature lines of a note, unchecked; each ends with its newline. Raises BadNote."""
    if len(note) > NOTE_CHARS_MAX:
        raise BadNote("a note of more than a million characters")
    text, found, signatures = note.rpartition("\n\n")
    if not found or not signatures.endswith("\n"):
        raise BadNote("a note is a text, an empty line and signature lines")
    lines = [line + "\n" for line in signatures[:-1].split("\n")]
    if len(lines) > SIGNATURES_MAX:
        raise BadNote(f"more than {SIGNATURES_MAX} signatures")
    _check_text(text + "\n")
    return text + "\n", lines


def read_line(line: str) -> tuple[str, bytes, bytes]:
    """Key name, key id and payload of a signature line. Raises BadNote."""
    name, _, encoded = line.removeprefix(_DASH).removesuffix("\n").partition(" ")
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadNote(f"not a signature line: {line[:80]!r}") from error
    if not line.startswith(_DASH) or not line.endswith("\n") or not _is_name(name) or len(data) < 5:
        raise BadNote(f"not a signature line: {line[:80]!r}")
    return name, data[:4], data[4:]


def private_form(name: str, signer: Signer) -> str:
    """The key for a file that only its owner may read: PRIVATE+KEY+name+hexid+base64(0x01 || seed)."""
    key = VerifierKey(name, ED25519, signer.public_key)
    return f"{_PRIVATE}{name}+{key.id.hex()}+{_encode(bytes([ED25519]) + signer.seed())}"


def from_private_form(text: str) -> tuple[str, Signer]:
    """Name and signer of what `private_form` wrote. Raises BadKey, which never repeats the key."""
    if not text.startswith(_PRIVATE):
        raise BadKey("a private key begins with " + _PRIVATE)
    name, _, rest = text.strip().removeprefix(_PRIVATE).partition("+")
    hex_id, _, encoded = rest.partition("+")
    kind, seed = _kind_and_key(encoded)
    if kind != ED25519 or len(seed) != 32:
        raise BadKey(f"{name}: not an Ed25519 private key")
    signer = Signer.from_seed(seed)
    if hex_id != VerifierKey(name, ED25519, signer.public_key).id.hex():
        raise BadKey(f"{name}: the id does not belong to this key")
    return name, signer


def _checked(key: VerifierKey, payload: bytes, text: str) -> int | None:
    """The second of a cosignature that holds, None for a plain one that holds. Raises BadNote."""
    if key.kind == ED25519:
        at_s, signature, message = None, payload, text.encode()
    else:
        at_s, signature = int.from_bytes(payload[:8], "big"), payload[8:]
        message = _cosigned_message(text, at_s)
    too_late = at_s is not None and at_s > TIMESTAMP_S_MAX
    if too_late or len(signature) != 64 or not Checker(key.public_key).accepts(signature, message):
        raise BadNote(f"the signature of {key.name} does not fit the text")
    return at_s


def _cosigned_message(text: str, at_s: int) -> bytes:
    return f"cosignature/v1\ntime {at_s}\n{text}".encode()


def _line(key: VerifierKey, payload: bytes) -> str:
    return f"{_DASH}{key.name} {_encode(key.id + payload)}\n"


def _key_id(name: str, kind: int, public_key: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()[:4]


def _kind_and_key(encoded: str) -> tuple[int, bytes]:
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadKey("the key is not base64") from error
    if not data:
        raise BadKey("the key is empty")
    return data[0], data[1:]


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(ord(sign) < 0x20 and sign != "\n" for sign in text):
        raise BadNote("the text of a note ends with a newline and holds no other control character")


def _is_name(name: str) -> bool:
    plain = bool(name) and "+" not in name and not any(sign.isspace() for sign in name)
    return plain and not any(0xD800 <= ord(sign) <= 0xDFFF for sign in name)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()
