"""The Merkle tree of RFC 6962: leaf and node hashes, and the compact range that grows by appending.

A compact range of n leaves is one hash per set bit of n, largest subtree first: O(log n) state, from which
the root follows and to which the next leaf is added, so tiles and proofs can be built later from the stored
leaf hashes. Source: RFC 6962, section 2.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 || leaf)."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


class CompactRange:
    """The right edge of a tree: `size` leaves, `hashes` of its perfect subtrees, largest first."""

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        if len(self.hashes) != size.bit_count():
            raise ValueError(f"{len(self.hashes)} hashes cannot be the frontier of {size} leaves")

    @classmethod
    def from_bytes(cls, size: int, frontier: bytes) -> CompactRange:
        """The range whose hashes were joined by `to_bytes`. Raises ValueError when they do not fit."""
        return cls(size, (frontier[at : at + HASH_BYTES] for at in range(0, len(frontier), HASH_BYTES)))

    def to_bytes(self) -> bytes:
        return b"".join(self.hashes)

    def append(self, hashed_leaf: bytes) -> None:
        """Add one leaf hash at the right."""
        made, rest = hashed_leaf, self.size
        while rest & 1:
            made = node_hash(self.hashes.pop(), made)
            rest >>= 1
        self.hashes.append(made)
        self.size += 1

    def root(self) -> bytes:
        """The Merkle tree hash of all leaves; of none: SHA-256 of nothing."""
        if not self.hashes:
            return EMPTY_ROOT
        made = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            made = node_hash(left, made)
        return made
