"""The seal in a label's QR code: whether we made the label, judged without a network.

The text is HTTPS://HOST/C/<37 characters>/<159 digits>. Upper case and digits on purpose: QR codes keep
them in their alphanumeric (5.5 bits) and numeric (3.3 bits) modes, so that the symbol stays small and
its modules large. The digits are the key's number (5) and the Ed25519 signature (154) over the origin
and the identification code. A signature is R (256 bits) and S, which is below 2^253 (RFC 8032, 5.1.6):
together below 10^154.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

from wastehub.domain import label_codes, labels

KEY_DIGITS, SIGNATURE_DIGITS = 5, 154
SEAL_DIGITS = KEY_DIGITS + SIGNATURE_DIGITS
_S_BITS = 253
TEXT_MAX = 500

Judgement = Literal["genuine", "unsigned", "forged", "key_unknown", "key_revoked", "other_origin"]
JUDGEMENTS: tuple[Judgement, ...] = (
    "genuine",
    "unsigned",
    "forged",
    "key_unknown",
    "key_revoked",
    "other_origin",
)


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A public key of labels. Retired keys still prove; revoked ones prove nothing."""

    number: int
    public_key: bytes
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scanned or typed text says: code or short number, seal, host of its address."""

    code: str = ""
    short_no: int | None = None
    seal: str = ""
    host: str = ""


def key_number(public_key: bytes) -> int:
    """The five digits by which a label names the key; never 0."""
    return 1 + int.from_bytes(hashlib.sha256(public_key).digest()[:8], "big") % 99_999


def message(origin: str, label_code: str) -> bytes:
    """The bytes that are signed. `origin`, our name, makes sure that a seal holds in no other city."""
    return f"wastehub label 1\n{origin}\n{label_code}\n".encode()


def seal(number: int, signature: bytes) -> str:
    """Key number and signature as 159 digits."""
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >> _S_BITS or not 0 < number < 10**KEY_DIGITS:
        raise ValueError("not an Ed25519 signature with a key number")
    value = int.from_bytes(r, "big") << _S_BITS | s
    return f"{number:0{KEY_DIGITS}d}{value:0{SIGNATURE_DIGITS}d}"


def open_seal(digits: str) -> tuple[int, bytes] | None:
    """Key number and the 64 bytes of the signature; None for what no seal can be."""
    if re.fullmatch(rf"[0-9]{{{SEAL_DIGITS}}}", digits) is None:
        return None
    value = int(digits[KEY_DIGITS:])
    if value >> (256 + _S_BITS):
        return None
    r, s = value >> _S_BITS, value & ((1 << _S_BITS) - 1)
    return int(digits[:KEY_DIGITS]), r.to_bytes(32, "big") + s.to_bytes(32, "little")


def payload(base_url: str, label_code: str, seal: str = "") -> str:
    """The text of the QR code. Scheme and host mean the same in upper case; a path of the base does not."""
    parts = urlsplit(base_url)
    path = f"{parts.path.rstrip('/')}/C/{label_code}" + (f"/{seal}" if seal else "")
    return f"{parts.scheme.upper()}://{parts.netloc.upper()}{path}"


def read(text: str, field: str = "label_code") -> Scanned:
    """A label link of either form, the bare 37 characters, or the short code.

    Raises InvalidInput: label.malformed, label.typed_wrong.
    """
    bare = text.strip()
    if "/" not in bare and ":" not in bare:
        if re.fullmatch(r"[0-9]{6,14}", label_codes.digits(bare)):
            return Scanned(short_no=label_codes.parse_human_code(bare, field))
        labels.parse_identification_code(bare, field)
        return Scanned(code=labels.normalise(bare))
    code = labels.code_from_payload(bare, field)
    link = _link(bare)
    return Scanned(code=code, seal=link[1], host=link[0])


def _link(text: str) -> tuple[str, str]:
    parts = urlsplit(text)
    tail = re.search(r"/[cC]/[^/]+/([^/]+)/?$", unquote(parts.path))
    return parts.netloc.lower(), tail.group(1) if tail else ""


def judge(
    scanned: Scanned,
    *,
    keys: Mapping[int, PublishedKey],
    origin: str,
    hosts: Collection[str],
    verify: Callable[[bytes, bytes, bytes], bool],
) -> Judgement:
    """What the seal of a label says. `verify(public_key, signature, message)`; `hosts`: our addresses.

    A seal that holds is genuine wherever it points. One that does not is another city's when its
    address is not ours, else forged, or made with a key that was never published.
    """
    ours = not scanned.host or scanned.host in hosts
    if not scanned.seal:
        return "unsigned" if ours else "other_origin"
    opened = open_seal(scanned.seal)
    if opened is None:
        return "forged" if ours else "other_origin"
    number, signature = opened
    key = keys.get(number)
    if key is not None and verify(key.public_key, signature, message(origin, scanned.code)):
        return "key_revoked" if key.revoked else "genuine"
    if not ours:
        return "other_origin"
    return "key_unknown" if key is None else "forged"
