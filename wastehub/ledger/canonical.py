"""Canonical bytes of an entry: the subset of RFC 8785 in which three serialisers agree byte for byte.

ASCII keys, NFC strings, integers within 2**53, booleans, lists and objects; no floats, no null. Inside this
subset orjson with sorted keys, `json.dumps(sort_keys=True, separators=(",", ":"), ensure_ascii=False)` and
RFC 8785 give the same bytes, so the seal can be checked with nothing but a standard library.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

INTEGER_MAX = 2**53 - 1
DEPTH_MAX = 8
LEAF_BYTES_MAX = 16_384


class NotCanonical(ValueError):
    """A value that has no canonical bytes: a fault of the code that built the event."""


def dumps(value: Any) -> bytes:
    """The canonical bytes of a value that `clean` returned (or that was read from a leaf)."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        raise NotCanonical(str(error)) from error


def loads(data: bytes) -> Any:
    """The value of canonical bytes. Raises ValueError when they are not JSON."""
    return orjson.loads(data)


def clean(value: Any, *, path: str = "", depth: int = 0) -> Any:
    """A checked copy with every string in Unicode form C.

    Raises NotCanonical with the path of the first value outside the subset.
    """
    kind = type(value)
    if kind is str:
        return clean_text(value, path=path)
    if kind is bool:
        return value
    if kind is int:
        if not -INTEGER_MAX <= value <= INTEGER_MAX:
            raise NotCanonical(f"{path}: integer outside 2**53")
        return value
    if depth >= DEPTH_MAX:
        raise NotCanonical(f"{path}: nested deeper than {DEPTH_MAX}")
    if kind is list or kind is tuple:
        return [clean(item, path=f"{path}.{at}", depth=depth + 1) for at, item in enumerate(value)]
    if isinstance(value, Mapping):
        return {
            _key(key, path): clean(item, path=f"{path}.{key}", depth=depth + 1) for key, item in value.items()
        }
    raise NotCanonical(f"{path}: {kind.__name__} has no canonical form")


def clean_text(text: str, *, path: str = "") -> str:
    """The text in Unicode form C. Raises NotCanonical for a lone surrogate, and for the NUL character,
    which PostgreSQL cannot store in the columns beside the leaf.
    """
    if "\x00" in text:
        raise NotCanonical(f"{path}: a NUL character")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical(f"{path}: a lone surrogate") from error
    return unicodedata.normalize("NFC", text)


def _key(key: Any, path: str) -> str:
    if type(key) is not str or not key.isascii():
        raise NotCanonical(f"{path}: key {key!r} is not ASCII text")
    return key


def instant(at: datetime) -> str:
    """RFC 3339 with milliseconds and the offset it was given with. Raises NotCanonical for a naive time."""
    if at.tzinfo is None:
        raise NotCanonical("a naive datetime has no place in the ledger")
    return at.isoformat(timespec="milliseconds")


def commitment(salt: bytes, value: str) -> bytes:
    """SHA-256 over 16 bytes of salt and the canonical value: binds a personal value without telling it."""
    return hashlib.sha256(salt + dumps(value)).digest()
