"""What a checkpoint says: which log, how many entries, and the root over all of them.

Source: C2SP tlog-checkpoint. The text becomes a note (notes.py) by the signature of the log.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from .tree import HASH_BYTES

SHORT_CHARS = 16


class BadCheckpoint(ValueError):
    """A text that does not say origin, size and root in the published form."""


@dataclass(frozen=True, slots=True)
class TreeHead:
    """Origin of the log, number of leaves, root hash (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{in_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> TreeHead:
        """The head that a checkpoint's text (or whole note) names; extension lines are passed over.

        Raises BadCheckpoint.
        """
        lines = text.split("\n")
        if len(lines) < 4 or not all(lines[:3]):
            raise BadCheckpoint("a checkpoint has at least three lines: origin, size, root")
        root = from_base64(lines[2])
        if len(root) != HASH_BYTES:
            raise BadCheckpoint("the root of a checkpoint is 32 bytes")
        return cls(lines[0], read_number(lines[1]), root)


def short_form(size: int, root: bytes) -> str:
    """What papers carry: the size and the first 16 base64 characters (96 bits) of the root."""
    return f"{size} {in_base64(root)[:SHORT_CHARS]}"


def in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def from_base64(text: str) -> bytes:
    """The bytes of standard base64 in its one canonical spelling. Raises BadCheckpoint."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadCheckpoint(f"not base64: {text[:60]!r}") from error
    if in_base64(data) != text:
        raise BadCheckpoint(f"not canonical base64: {text[:60]!r}")
    return data


def read_number(text: str) -> int:
    """A decimal without sign, leading zeroes or other digits than ASCII's. Raises BadCheckpoint."""
    if not (text.isascii() and text.isdigit()) or (text[0] == "0" and text != "0") or len(text) > 19:
        raise BadCheckpoint(f"not a plain decimal number: {text[:30]!r}")
    return int(text)
