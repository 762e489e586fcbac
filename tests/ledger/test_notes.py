"""Signed notes: the published examples, both kinds of signature, and what is refused."""

from __future__ import annotations

import base64

import pytest

from wastehub.ledger import checkpoints, notes
from wastehub.ledger.checkpoints import BadCheckpoint, TreeHead
from wastehub.ledger.notes import BadKey, BadNote, Cosigner, LogSigner, Unsigned, VerifierKey
from wastehub.ledger.signing import Signer

# The example of Go's package sumdb/note, whose keys are public.
GO_PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
GO_NOTE = GO_TEXT + (
    "\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# The test vector of C2SP signed-note.
C2SP_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# A checkpoint of a public staging log with the cosignatures of public witnesses.
CT_CHECKPOINT = """\
arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
"""  # noqa: E501
CT_LOG_KEY = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
CT_WITNESS_KEY = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"

TEXT = "wastehub.test/ledger\n3\n" + base64.b64encode(bytes(32)).decode() + "\n"


@pytest.fixture
def log() -> LogSigner:
    return LogSigner("wastehub.test/ledger", Signer.from_seed(bytes(32)))


@pytest.fixture
def witness() -> Cosigner:
    return Cosigner("bureau.test/w1", Signer.from_seed(b"w" * 32))


def test_the_example_of_go_comes_out_byte_for_byte() -> None:
    name, signer = notes.from_private_form(GO_PRIVATE)
    assert str(LogSigner(name, signer).key) == GO_KEY
    assert notes.sign(GO_TEXT, [LogSigner(name, signer)]) == GO_NOTE
    assert notes.private_form(name, signer) == GO_PRIVATE


@pytest.mark.parametrize(("note", "key"), [(GO_NOTE, GO_KEY), (C2SP_NOTE, C2SP_KEY)])
def test_published_notes_open(note: str, key: str) -> None:
    opened = notes.open_note(note, [key])
    assert note.startswith(opened.text)
    assert [str(signature.key) for signature in opened.signatures] == [key]


def test_a_real_checkpoint_opens_with_log_and_witness() -> None:
    opened = notes.open_note(CT_CHECKPOINT, [CT_WITNESS_KEY, CT_LOG_KEY])
    head = TreeHead.parse(opened.text)
    assert (head.origin, head.size) == ("arche2025h1.staging.ct.transparency.dev", 1432088532)
    assert [signature.at_s for signature in opened.signatures] == [None, 0x6A122120]


@pytest.mark.parametrize("key", [CT_LOG_KEY, CT_WITNESS_KEY])
def test_the_real_checkpoint_with_another_size_does_not(key: str) -> None:
    with pytest.raises(BadNote, match="does not fit"):
        notes.open_note(CT_CHECKPOINT.replace("1432088532", "1432088533"), [key])


def test_a_cosignature_is_bound_to_its_second(log: LogSigner, witness: Cosigner) -> None:
    line = witness.line(TEXT, at_s=1_679_315_147)
    opened = notes.open_note(notes.sign(TEXT, [log]) + line, [witness.key])
    assert [signature.at_s for signature in opened.signatures] == [1_679_315_147]
    name, key_id, payload = notes.read_line(line)
    later = (1_679_315_148).to_bytes(8, "big") + payload[8:]
    moved = f"— {name} {base64.b64encode(key_id + later).decode()}\n"
    with pytest.raises(BadNote, match="does not fit"):
        notes.open_note(notes.sign(TEXT, [log]) + moved, [witness.key])


def test_a_cosignature_signs_the_published_message(witness: Cosigner) -> None:
    _, _, payload = notes.read_line(witness.line(TEXT, at_s=7))
    signed = Signer.from_seed(b"w" * 32).sign(b"cosignature/v1\ntime 7\n" + TEXT.encode())
    assert payload == (7).to_bytes(8, "big") + signed


def test_the_same_key_as_log_and_as_witness_has_two_ids() -> None:
    signer = Signer.from_seed(bytes(32))
    assert LogSigner("a", signer).key.id != Cosigner("a", signer).key.id


def test_unknown_lines_are_ignored(log: LogSigner, witness: Cosigner) -> None:
    note = notes.sign(TEXT, [log]) + witness.line(TEXT, at_s=1)
    assert [each.key for each in notes.open_note(note, [log.key]).signatures] == [log.key]
    assert notes.open_note(note, [log.key]).signed_by(log.key)
    assert not notes.open_note(note, [log.key]).signed_by(witness.key)


def test_a_note_that_no_known_key_signed_is_refused(log: LogSigner, witness: Cosigner) -> None:
    with pytest.raises(Unsigned):
        notes.open_note(notes.sign(TEXT, [log]), [witness.key])


def test_a_key_of_the_same_name_is_another_key(log: LogSigner) -> None:
    other = LogSigner(log.key.name, Signer.from_seed(b"o" * 32))
    with pytest.raises(Unsigned):
        notes.open_note(notes.sign(TEXT, [log]), [other.key])


def test_a_wrong_signature_of_a_known_key_refuses_the_whole_note(log: LogSigner, witness: Cosigner) -> None:
    note = notes.sign(TEXT, [log]) + witness.line(TEXT + "more\n", at_s=1)
    with pytest.raises(BadNote, match=r"bureau\.test/w1"):
        notes.open_note(note, [log.key, witness.key])


def test_a_text_may_hold_empty_lines(log: LogSigner) -> None:
    text = "one\n\ntwo\n"
    assert notes.open_note(notes.sign(text, [log]), [log.key]).text == text


@pytest.mark.parametrize(
    "note",
    [
        "", "text\n", "text\n\n", "text\n\n— a\n", "text\n\n- a AAAAAAAA\n", "text\n\n— a AAAAAAAA",
        "text\n\n— a AAAA\n", "text\n\n— a !!!!!!!!\n", "te\txt\n\n— a AAAAAAAA\n",
        "text\n\n— a+b AAAAAAAA\n",
        "text\n\n" + "— a AAAAAAAA\n" * 101,
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(BadNote):
        notes.open_note(note, [GO_KEY])


def test_sixteen_signatures_are_accepted(log: LogSigner) -> None:
    others = [LogSigner(f"other{number}", Signer.from_seed(bytes(32))) for number in range(15)]
    note = notes.sign(TEXT, [*others, log])
    assert notes.open_note(note, [log.key]).signed_by(log.key)


def test_a_text_without_a_last_newline_is_not_signed(log: LogSigner) -> None:
    with pytest.raises(BadNote):
        notes.sign("text", [log])


@pytest.mark.parametrize(
    "text",
    [
        "", "PeterNeumann", GO_KEY.replace("c74f20a3", "c74f20a4"), GO_KEY.replace("Peter", "Peter "),
        GO_KEY[:-4], GO_KEY.replace("PeterNeumann", "Peter"), "PeterNeumann+c74f20a3+!!!", "a+00000000+",
    ],
)  # fmt: skip
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BadKey):
        VerifierKey.parse(text)


@pytest.mark.parametrize("text", ["", GO_KEY, GO_PRIVATE.replace("c74f20a3", "00000000"), GO_PRIVATE[:-8]])
def test_what_is_no_private_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(BadKey) as refusal:
        notes.from_private_form(text)
    assert "AYEKFALV" not in str(refusal.value)


def test_a_head_writes_and_reads_the_three_lines() -> None:
    head = TreeHead("wastehub.test/ledger", 3, bytes(32))
    assert head.text() == TEXT
    assert TreeHead.parse(TEXT) == head
    assert checkpoints.short_form(3, bytes(32)) == "3 AAAAAAAAAAAAAAAA"


@pytest.mark.parametrize(
    ("old", "new"),
    [("\n3\n", "\n03\n"), ("\n3\n", "\n-3\n"), ("\n3\n", "\n٣\n"), ("\n3\n", "\n\n"), ("A=\n", "\n"),
     ("wastehub.test/ledger", ""), ("AAA=\n", "AAB=\n")],
)  # fmt: skip
def test_other_spellings_of_a_head_are_refused(old: str, new: str) -> None:
    with pytest.raises(BadCheckpoint):
        TreeHead.parse(TEXT.replace(old, new))
