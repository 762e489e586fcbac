"""Trees in memory for tests: the definition of RFC 6962, readers and proofs over plain lists."""

from __future__ import annotations

from wastehub.ledger import tiles, tree

# Leaves of the reference tests of RFC 6962 (google/certificate-transparency, merkletree tests).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip


def hashed(count: int) -> list[bytes]:
    """Leaf hashes of `count` different leaves."""
    return [tree.leaf_hash(number.to_bytes(4, "big")) for number in range(count)]


def defined_root(hashes: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word, over leaf hashes."""
    if not hashes:
        return tree.EMPTY_ROOT
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return tree.node_hash(defined_root(hashes[:split]), defined_root(hashes[split:]))


def reader(hashes: list[bytes]) -> tiles.HashReader:
    """Hashes of perfect subtrees by the definition, and nothing outside the tree."""

    def read(height: int, index: int) -> bytes:
        begin, end = index << height, (index + 1) << height
        assert end <= len(hashes), "a proof asked for a subtree that is not complete"
        return defined_root(hashes[begin:end])

    return read


def altered(proof: list[bytes]) -> list[list[bytes]]:
    """The proof with each hash changed, left out, doubled, and with a foreign one at either end."""
    foreign = tree.leaf_hash(b"foreign")
    made = [[foreign, *proof], [*proof, foreign]]
    for at, kept in enumerate(proof):
        flipped = bytes([kept[0] ^ 1]) + kept[1:]
        made.append([*proof[:at], flipped, *proof[at + 1 :]])
        made.append([*proof[:at], *proof[at + 1 :]])
        made.append([*proof[:at], kept, *proof[at:]])
    return made
