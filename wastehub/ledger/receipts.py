"""Receipts: one file that proves, without network and without us, that an entry stands in the log. Pure.

Source: C2SP tlog-proof. The leaf itself travels beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import checkpoints, notes, policies, proofs, tree
from .checkpoints import BadCheckpoint, TreeHead

FIRST_LINE = "c2sp.org/tlog-proof@v1"
SUFFIX = ".tlog-proof"


class BadReceipt(ValueError):
    """Not a receipt, or one that does not prove what it should; the message says which."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """`note`: the checkpoint verbatim, with every cosignature. `extra`: unauthenticated bytes."""

    index: int
    proof: tuple[bytes, ...]
    note: str
    extra: bytes = b""

    def text(self) -> str:
        extra = [f"extra {checkpoints.in_base64(self.extra)}"] if self.extra else []
        lines = [FIRST_LINE, *extra, f"index {self.index}", *map(checkpoints.in_base64, self.proof)]
        return "\n".join(lines) + "\n\n" + self.note

    @classmethod
    def parse(cls, text: str) -> Receipt:
        """Raises BadReceipt."""
        above, empty, note = text.partition("\n\n")
        lines = above.split("\n")
        try:
            if not empty or lines.pop(0) != FIRST_LINE:
                raise BadReceipt(f"a receipt begins with {FIRST_LINE}")
            extra = lines.pop(0).removeprefix("extra ") if lines and lines[0].startswith("extra ") else ""
            if not lines or not lines[0].startswith("index "):
                raise BadReceipt("a receipt names the index of the entry")
            index = checkpoints.read_number(lines.pop(0).removeprefix("index "))
            proof = tuple(checkpoints.from_base64(line) for line in lines)
            return cls(index, proof, note, checkpoints.from_base64(extra))
        except BadCheckpoint as error:
            raise BadReceipt(str(error)) from error


def check(receipt: Receipt, leaf: bytes, policy: policies.Policy) -> TreeHead:
    """The tree head in which the leaf stands, by a log and a quorum that the policy trusts.

    Raises BadReceipt.
    """
    keys = [log.key for log in policy.logs] + [witness.key for witness in policy.witnesses]
    try:
        opened = notes.open_note(receipt.note, keys)
        head = TreeHead.parse(opened.text)
    except (notes.BadNote, BadCheckpoint) as error:
        raise BadReceipt(str(error)) from error
    signed = {signature.key for signature in opened.signatures}
    if not signed & set(policy.keys_of(head.origin)):
        raise BadReceipt(f"no known key of {head.origin} signed the checkpoint")
    if not policy.reached(signed):
        raise BadReceipt("too few witnesses signed the checkpoint")
    if any(len(each) != tree.HASH_BYTES for each in receipt.proof) or not proofs.proves_inclusion(
        index=receipt.index,
        size=head.size,
        leaf_hash=tree.leaf_hash(leaf),
        proof=receipt.proof,
        root=head.root,
    ):
        raise BadReceipt(f"the path does not lead from this entry to the root of {head.size} entries")
    return head
