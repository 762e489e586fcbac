"""Proofs that an entry stands in a tree and that a tree only grew: making and checking them.

Sources: RFC 6962, sections 2.1.1 and 2.1.2; the checks follow RFC 9162, sections 2.1.3.2 and 2.1.4.2.
A proof is a list of hashes; sizes and indexes travel beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import tree
from .tiles import HashReader
from .tree import node_hash

PROOF_HASHES_MAX = 63


def root(size: int, read: HashReader) -> bytes:
    """The Merkle tree hash over the first `size` leaves."""
    return _range(0, size, read) if size else tree.EMPTY_ROOT


def inclusion(index: int, size: int, read: HashReader) -> list[bytes]:
    """The hashes from the leaf's sibling up to the child of the root.

    Raises ValueError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"entry {index} is not in a tree of {size}")
    begin, end, proof = 0, size, []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            proof.append(_range(middle, end, read))
            end = middle
        else:
            proof.append(_range(begin, middle, read))
            begin = middle
    return proof[::-1]


def consistency(old_size: int, new_size: int, read: HashReader) -> list[bytes]:
    """The hashes that lead from the root over `old_size` leaves to that over `new_size`; empty for equal
    sizes and from nothing.

    Raises ValueError unless 0 <= old_size <= new_size.
    """
    if not 0 <= old_size <= new_size:
        raise ValueError(f"a tree of {new_size} does not continue one of {old_size}")
    if old_size in (0, new_size):
        return []
    begin, end, proof = 0, new_size, []
    while old_size != end:
        middle = begin + _split(end - begin)
        if old_size <= middle:
            proof.append(_range(middle, end, read))
            end = middle
        else:
            proof.append(_range(begin, middle, read))
            begin = middle
    if begin:
        # The old tree ends with this subtree; begin == 0 means it is the old tree, whose root is known.
        proof.append(_range(begin, end, read))
    return proof[::-1]


def proves_inclusion(*, index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the leaf with that hash stands at that index of the tree with that root."""
    if not 0 <= index < size:
        return False
    at, last, made = index, size - 1, leaf_hash
    for hashed in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            made = node_hash(hashed, made)
            at, last = _up_while_even(at, last)
        else:
            made = node_hash(made, hashed)
        at, last = at >> 1, last >> 1
    return last == 0 and made == root


def proves_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the new tree begins with every leaf of the old one. Every tree continues the empty one."""
    if old_size == 0:
        return new_size >= 0 and not proof and old_root == tree.EMPTY_ROOT
    if old_size == new_size:
        return not proof and old_root == new_root
    if not 0 < old_size < new_size or not proof:
        return False
    if old_size & (old_size - 1) == 0:
        proof = [old_root, *proof]
    at, last = old_size - 1, new_size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = proof[0]
    for hashed in proof[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(hashed, old), node_hash(hashed, new)
            at, last = _up_while_even(at, last)
        else:
            new = node_hash(new, hashed)
        at, last = at >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root


def _up_while_even(at: int, last: int) -> tuple[int, int]:
    while not at & 1 and at:
        at, last = at >> 1, last >> 1
    return at, last


def _split(count: int) -> int:
    """The largest power of two smaller than count (count > 1)."""
    return 1 << ((count - 1).bit_length() - 1)


def _range(begin: int, end: int, read: HashReader) -> bytes:
    """Hash over the leaves [begin, end), where begin is a multiple of the subtree that holds them."""
    count = end - begin
    if count & (count - 1) == 0:
        height = count.bit_length() - 1
        return read(height, begin >> height)
    middle = begin + _split(count)
    return node_hash(_range(begin, middle, read), _range(middle, end, read))
