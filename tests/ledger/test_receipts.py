"""Receipts: their text, and that nothing passes but the right leaf under a trusted checkpoint."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.ledger.logs import LOG, ORIGIN, WITNESS
from tests.ledger.trees import altered, defined_root, reader
from wastehub.ledger import notes, policies, proofs, receipts, tree
from wastehub.ledger.checkpoints import TreeHead
from wastehub.ledger.notes import LogSigner
from wastehub.ledger.receipts import BadReceipt, Receipt
from wastehub.ledger.signing import Signer

ENTRIES = [f"entry {number}".encode() for number in range(11)]
HASHES = [tree.leaf_hash(entry) for entry in ENTRIES]
HEAD = TreeHead(ORIGIN, len(ENTRIES), defined_root(HASHES))
LOG_ONLY = policies.parse(f"log {LOG.key}\nquorum none\n".encode())
WITNESSED = policies.parse(f"log {LOG.key}\nwitness bureau {WITNESS.key}\nquorum bureau\n".encode())


def receipt(index: int = 4, *, witnessed: bool = True) -> Receipt:
    note = notes.sign(HEAD.text(), [LOG])
    note += WITNESS.line(HEAD.text(), at_s=1_772_438_400) if witnessed else ""
    return Receipt(index, tuple(proofs.inclusion(index, len(ENTRIES), reader(HASHES))), note)


def test_the_text_is_the_published_one() -> None:
    lines = receipt().text().split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 4"]
    assert lines[2:8] == [*map(receipts.checkpoints.in_base64, receipt().proof), "", ORIGIN]
    assert receipt().text().endswith(receipt().note)


@pytest.mark.parametrize("extra", [b"", b"out of band"])
@pytest.mark.parametrize("index", range(len(ENTRIES)))
def test_a_receipt_reads_back_and_holds(index: int, extra: bytes) -> None:
    made = replace(receipt(index), extra=extra)
    assert Receipt.parse(made.text()) == made
    assert receipts.check(made, ENTRIES[index], WITNESSED) == HEAD


def test_a_log_of_one_entry_needs_no_path() -> None:
    head = TreeHead(ORIGIN, 1, HASHES[0])
    made = Receipt(0, (), notes.sign(head.text(), [LOG]))
    assert receipts.check(Receipt.parse(made.text()), ENTRIES[0], LOG_ONLY) == head


def test_another_leaf_or_index_is_refused() -> None:
    with pytest.raises(BadReceipt, match="does not lead"):
        receipts.check(receipt(), ENTRIES[5], WITNESSED)
    with pytest.raises(BadReceipt, match="does not lead"):
        receipts.check(replace(receipt(), index=5), ENTRIES[4], WITNESSED)


def test_an_altered_path_is_refused() -> None:
    for proof in altered(list(receipt().proof)):
        with pytest.raises(BadReceipt, match="does not lead"):
            receipts.check(replace(receipt(), proof=tuple(proof)), ENTRIES[4], WITNESSED)


def test_without_its_witness_the_quorum_is_missing() -> None:
    with pytest.raises(BadReceipt, match="too few witnesses"):
        receipts.check(receipt(witnessed=False), ENTRIES[4], WITNESSED)
    assert receipts.check(receipt(witnessed=False), ENTRIES[4], LOG_ONLY) == HEAD


def test_a_checkpoint_that_only_the_witness_signed_is_refused() -> None:
    stranger = LogSigner(ORIGIN, Signer.from_seed(b"stranger".ljust(32)))
    note = notes.sign(HEAD.text(), [stranger]) + WITNESS.line(HEAD.text(), at_s=1)
    with pytest.raises(BadReceipt, match="no known key of"):
        receipts.check(replace(receipt(), note=note), ENTRIES[4], WITNESSED)


def test_another_root_is_refused() -> None:
    note = receipt().note.replace(receipts.checkpoints.in_base64(HEAD.root), "A" * 43 + "=")
    with pytest.raises(BadReceipt, match="does not fit"):
        receipts.check(replace(receipt(), note=note), ENTRIES[4], WITNESSED)


@pytest.mark.parametrize(
    "text",
    [
        "", "c2sp.org/tlog-proof@v1\n", "c2sp.org/tlog-proof@v2\nindex 1\n\nnote",
        "c2sp.org/tlog-proof@v1\n\nnote",
        "c2sp.org/tlog-proof@v1\nindex 01\n\nnote", "c2sp.org/tlog-proof@v1\nindex -1\n\nnote",
        "c2sp.org/tlog-proof@v1\nindex 1\n!\n\nnote", "c2sp.org/tlog-proof@v1\nextra AA=\nindex 1\n\nnote",
    ],
)  # fmt: skip
def test_what_is_no_receipt_is_refused(text: str) -> None:
    with pytest.raises(BadReceipt):
        Receipt.parse(text)
