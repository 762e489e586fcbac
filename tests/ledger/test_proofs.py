"""Proofs: the reference vectors, every size, and refusal of whatever was altered (invariant I11)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.trees import LEAVES, altered, defined_root, hashed, reader
from wastehub.ledger import proofs, tiles, tree

EVERY_SIZE = 70
REFERENCE = [tree.leaf_hash(leaf) for leaf in LEAVES]
A = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
B = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
C = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
D = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
F = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
G = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
H = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
I = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"  # noqa: E741


@pytest.mark.parametrize(
    ("index", "size", "expected"),
    [(0, 1, []), (0, 8, [A, B, C]), (5, 8, [D, E, F]), (2, 3, [H]), (1, 5, [I, B, D])],
)
def test_the_reference_inclusion_proofs_come_out(index: int, size: int, expected: list[str]) -> None:
    made = proofs.inclusion(index, size, reader(REFERENCE))
    assert [each.hex() for each in made] == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"), [(1, 1, []), (1, 8, [A, B, C]), (6, 8, [G, E, F]), (2, 5, [B, D])]
)
def test_the_reference_consistency_proofs_come_out(old: int, new: int, expected: list[str]) -> None:
    made = proofs.consistency(old, new, reader(REFERENCE))
    assert [each.hex() for each in made] == expected


@pytest.mark.parametrize("size", range(1, EVERY_SIZE + 1))
def test_every_entry_of_every_size_is_proven_and_no_altered_proof_passes(size: int) -> None:
    hashes = hashed(size)
    root, read = defined_root(hashes), reader(hashes)
    assert proofs.root(size, read) == root
    for index, leaf_hash in enumerate(hashes):
        proof = proofs.inclusion(index, size, read)

        def holds(proof: list[bytes], leaf: bytes = leaf_hash, at: int = index, root: bytes = root) -> bool:
            return proofs.proves_inclusion(index=at, size=size, leaf_hash=leaf, proof=proof, root=root)

        assert holds(proof)
        assert not any(holds(other) for other in altered(proof))
        assert not holds(proof, leaf=tree.leaf_hash(b"other"))
        assert not holds(proof, root=tree.leaf_hash(b"other"))
        assert not holds(proof, at=(index + 1) % size) or size == 1


@pytest.mark.parametrize("new", range(1, EVERY_SIZE + 1))
def test_every_earlier_root_is_proven_a_prefix_and_no_altered_proof_passes(new: int) -> None:
    hashes = hashed(new)
    new_root, read = defined_root(hashes), reader(hashes)
    for old in range(new + 1):
        old_root = defined_root(hashes[:old])
        proof = proofs.consistency(old, new, read)

        def holds(
            proof: list[bytes], old_root: bytes = old_root, new_root: bytes = new_root, old: int = old
        ) -> bool:
            return proofs.proves_consistency(
                old_size=old, new_size=new, old_root=old_root, new_root=new_root, proof=proof
            )

        assert holds(proof)
        assert not any(holds(other) for other in altered(proof))
        assert not holds(proof, old_root=tree.leaf_hash(b"other"))
        if old:
            assert not holds(proof, new_root=tree.leaf_hash(b"other"))


def test_a_rewritten_history_has_no_proof() -> None:
    kept, rewritten = hashed(40), hashed(60)
    rewritten[11] = tree.leaf_hash(b"forged")
    proof = proofs.consistency(40, 60, reader(rewritten))
    assert not proofs.proves_consistency(
        old_size=40,
        new_size=60,
        old_root=defined_root(kept),
        new_root=defined_root(rewritten),
        proof=proof,
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_tree_of_tiles_gives_the_proofs_of_the_definition(data: st.DataObject) -> None:
    size = data.draw(st.integers(257, 1_200))
    old, index = data.draw(st.integers(1, size)), data.draw(st.integers(0, size - 1))
    hashes = hashed(size)
    read = tiles.reader_over(lambda level, at: _tile(hashes, level, at))
    assert proofs.root(size, read) == defined_root(hashes)
    assert proofs.inclusion(index, size, read) == proofs.inclusion(index, size, reader(hashes))
    assert proofs.consistency(old, size, read) == proofs.consistency(old, size, reader(hashes))


def _tile(hashes: list[bytes], level: int, index: int) -> list[bytes]:
    """The n-th tile at level l as C2SP tlog-tiles defines it."""
    width, step = tiles.width_of(level, index, len(hashes)), 256**level
    first = index * 256
    return [defined_root(hashes[(first + i) * step : (first + i + 1) * step]) for i in range(width)]


@pytest.mark.parametrize("index", [-1, 5, 6])
def test_an_entry_outside_the_tree_has_no_proof(index: int) -> None:
    with pytest.raises(ValueError, match="not in a tree of 5"):
        proofs.inclusion(index, 5, reader(hashed(5)))
    assert not proofs.proves_inclusion(index=index, size=5, leaf_hash=b"", proof=[], root=b"")


def test_a_smaller_tree_continues_nothing() -> None:
    with pytest.raises(ValueError, match="does not continue"):
        proofs.consistency(6, 5, reader(hashed(6)))
    assert not proofs.proves_consistency(old_size=6, new_size=5, old_root=b"", new_root=b"", proof=[b""])
