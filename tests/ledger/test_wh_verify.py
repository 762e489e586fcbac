"""The verifier that goes into every bundle: it accepts what is whole and says where something is not."""

from __future__ import annotations

import ast
import base64
import json
import os
import random
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger import acts
from tests.ledger.bundles import (
    POLICY,
    Forger,
    Verdict,
    canonical,
    exported,
    members_of,
    note_over,
    packed,
    root_of,
    seen,
    verify,
)
from tests.ledger.logs import LOG, ORIGIN, WITNESS, checkpointed, cosigned, many, put, whole_way
from tests.ledger.test_invariants import STEPS, lived
from wastehub.db import Database
from wastehub.ledger import TYPES, signing, tiles, wh_verify
from wastehub.ledger.accounts import REASONS, SIGNED, Held
from wastehub.ledger.books import Books
from wastehub.ledger.events import Event, body
from wastehub.ledger.exports.zipping import StoredZip
from wastehub.ledger.notes import Cosigner, LogSigner
from wastehub.ledger.signing import Signer

SCRIPT = Path(wh_verify.__file__)
OTHER_LOG = LogSigner(ORIGIN, Signer.from_seed(b"other log".ljust(32)))
SECOND = Cosigner("platform.test/witness", Signer.from_seed(b"second".ljust(32)))
LOADED = 4  # index of the loading of L1 in the log of the fixture


@pytest.fixture
def bundle(log: Database, tmp_path: Path) -> Path:
    """600 entries and some: two full groups and an open one; one hold, one open case."""
    whole_way(log)
    put(log, acts.registered("L3"), acts.registered("L3"), acts.loaded("L3", 60_000))
    many(log, 593)
    cosigned(log, checkpointed(log))
    return exported(log, tmp_path / "bundle.zip")


@pytest.fixture
def small(log: Database, tmp_path: Path) -> Path:
    """The same without padding: one open group."""
    whole_way(log)
    put(log, acts.registered("L3"), acts.registered("L3"), acts.loaded("L3", 60_000))
    cosigned(log, checkpointed(log))
    return exported(log, tmp_path / "small.zip")


def refuted(verdict: Verdict, code: str, *parts: str) -> None:
    """Exit code 1, the right sentence, and in it what it is about."""
    assert verdict.code == 1, verdict.text
    (sentence, *_) = [line for line in verdict.text.splitlines() if f"[{code}]" in line] or [""]
    assert sentence, verdict.text
    for part in parts:
        assert part in sentence, verdict.text


def unchecked(verdict: Verdict, code: str) -> None:
    assert verdict.code == 2, verdict.text
    assert code in verdict.found, verdict.text


# --- what is whole -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["0", "1", "2", "3"])
def test_a_whole_bundle_is_good_at_every_level(bundle: Path, level: str) -> None:
    verdict = verify(bundle, "--level", level)
    assert verdict.code == 0, verdict.text
    assert ("ok.chains" in verdict.found) == (level >= "1")
    assert ("ok.mass" in verdict.found) == (level >= "2")
    assert ("ok.signatures" in verdict.found) == (level >= "3")


def test_it_speaks_chinese_english_or_both(small: Path) -> None:
    assert "结论：成立" in verify(small, lang="zh").text
    assert "Result: good" in verify(small, lang="en").text
    run = subprocess.run([sys.executable, str(SCRIPT), str(small), "--policy", str(policy_file(small))],
                         capture_output=True, text=True, encoding="utf-8",
                         env=os.environ | {"PYTHONUTF8": "1"})  # fmt: skip
    assert "结论：成立" in run.stdout and "Result: good" in run.stdout


def policy_file(beside: Path) -> Path:
    path = beside.with_name("policy.txt")
    path.write_text(POLICY)
    return path


def test_the_copy_in_the_bundle_needs_nothing_but_python(small: Path, tmp_path: Path) -> None:
    """-S: no installed packages; -I: no environment, no folder of ours."""
    script = tmp_path / "alone" / "wh_verify.py"
    script.parent.mkdir()
    script.write_bytes(members_of(small)["wh_verify.py"])
    command = [sys.executable, "-S", "-I", str(script), str(small), "--policy", str(policy_file(small))]
    run = subprocess.run([*command, "--level", "3"], capture_output=True, cwd=script.parent)
    assert run.returncode == 0, run.stdout.decode() + run.stderr.decode()
    assert run.stderr == b""


def test_it_is_written_for_python_3_9_and_the_standard_library() -> None:
    source = SCRIPT.read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 9))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree))


def test_every_sentence_exists_in_both_languages_and_is_used() -> None:
    source = SCRIPT.read_text(encoding="utf-8")
    for code, texts in wh_verify.MESSAGES.items():
        assert all(texts), code
        stem = code.partition(".")[2]
        assert source.count(f'"{code}"') > 1 or f'".{stem}"' in source, f"{code} is never said"


# --- level 0: the evidence ---------------------------------------------------------------------------------


def altered(path: Path, name: str, change: Callable[[bytes], bytes | None]) -> Path:
    """The bundle with one member changed, or without it."""
    members = members_of(path)
    made = change(members.pop(name))
    rest = members if made is None else {**members, name: made}
    return packed(path.with_name("altered.zip"), rest)


def with_group(path: Path, index: int, change: Callable[[list[bytes]], Any]) -> Path:
    """The bundle with one group of entries changed."""
    width = 256 if index < 2 else 92

    def again(data: bytes) -> bytes:
        entries = tiles.decode_bundle(data)
        change(entries)
        return tiles.encode_bundle(entries)

    return altered(path, tiles.entries_path(index, width), again)


@pytest.fixture
def groups(bundle: Path) -> Path:
    """The bundle, whose last group has 92 entries."""
    assert tiles.entries_path(2, 92) in members_of(bundle)
    return bundle


def test_a_flipped_bit_in_an_entry(groups: Path) -> None:
    def flip(data: bytes) -> bytes:
        return data[:5_000] + bytes([data[5_000] ^ 1]) + data[5_001:]

    at = entry_at(members_of(groups)["tile/entries/001"], 5_000)
    verdict = verify(altered(groups, "tile/entries/001", flip), "--level", "0")
    refuted(verdict, "tree.entry", f"entry {256 + at} ")
    refuted(verdict, "tree.root")


def entry_at(data: bytes, offset: int) -> int:
    """Which entry of a group holds the byte."""
    at = 0
    for number, entry in enumerate(tiles.decode_bundle(data)):
        at += 2 + len(entry)
        if offset < at:
            return number
    raise AssertionError


def test_without_hash_tiles_the_chains_say_where(groups: Path) -> None:
    members = {name: data for name, data in members_of(groups).items() if not name.startswith("tile/0/")}
    made = packed(groups.with_name("bare.zip"), members)
    assert verify(made, "--level", "0").code == 0
    path = with_group(made, 0, lambda entries: entries.__setitem__(9, entries[9].replace(b"L3", b"L4")))
    refuted(verify(path, "--level", "0"), "signature.wrong", "entry 9")


def test_a_dropped_entry(groups: Path) -> None:
    path = with_group(groups, 1, lambda entries: entries.pop(7))
    refuted(verify(path), "tile.count", "from 256", "255 entries instead of 256")


def test_an_entry_twice(groups: Path) -> None:
    path = with_group(groups, 1, lambda entries: entries.insert(7, entries[7]))
    refuted(verify(path), "tile.count", "257 entries")


def test_two_entries_that_changed_places(groups: Path) -> None:
    def swap(entries: list[bytes]) -> None:
        entries[3], entries[4] = entries[4], entries[3]

    verdict = verify(with_group(groups, 0, swap), "--level", "0")
    refuted(verdict, "tree.entry", "entry 3 ")
    assert "entry 4 " in verdict.text


def test_an_entry_in_place_of_another(groups: Path) -> None:
    path = with_group(groups, 0, lambda entries: entries.__setitem__(8, entries[9]))
    refuted(verify(path, "--level", "0"), "tree.entry", "entry 8 ")


def test_a_group_that_is_missing(groups: Path) -> None:
    refuted(verify(altered(groups, "tile/entries/001", lambda _: None)), "tile.missing", "256 to 511")


def test_the_last_group_cut_off(groups: Path) -> None:
    path = altered(groups, tiles.entries_path(2, 92), lambda _: None)
    refuted(verify(path), "tile.missing", "512 to 603")


def test_a_group_beyond_the_checkpoint(groups: Path) -> None:
    members = members_of(groups)
    members["tile/entries/003"] = members["tile/entries/001"]
    refuted(verify(packed(groups.with_name("more.zip"), members)), "tile.surplus", "tile/entries/003")


def test_lengths_that_do_not_add_up(groups: Path) -> None:
    for change in (lambda data: data + b"\0", lambda data: data[:-3], lambda data: b"\xff\xff" + data[2:]):
        refuted(verify(altered(groups, "tile/entries/001", change)), "tile.form", "from 256")


def test_an_altered_hash_tile_is_told_from_altered_entries(groups: Path) -> None:
    path = altered(groups, "tile/0/001", lambda data: b"\0" * 32 + data[32:])
    verdict = verify(path)
    refuted(verdict, "tree.tile", "tile/0/001", "entry 256")
    assert "tree.root" not in verdict.found


def test_an_altered_tile_above_the_leaves(groups: Path) -> None:
    path = altered(groups, "tile/1/000.p/2", lambda data: data[:40] + b"?" + data[41:])
    refuted(verify(path), "tree.tile", "tile/1/000.p/2")
    members = members_of(groups)
    members["tile/2/000"] = bytes(8_192)
    refuted(verify(packed(groups.with_name("x.zip"), members)), "tile.surplus", "tile/2/000")


def test_what_the_program_did_not_expect_is_no_refutation(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A traceback would end with exit code 1."""
    monkeypatch.setattr(wh_verify, "fold", lambda _hashes: 1 / 0)
    unchecked(verify(small), "program.fault")


def test_a_damaged_file_beside_the_evidence(small: Path) -> None:
    data = small.read_bytes()
    at = data.index(b"%PDF-") + 2_000
    path = small.with_name("damaged.zip")
    path.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
    refuted(verify(path), "member.damaged", "cover.pdf")


# --- level 0: signatures and policy ------------------------------------------------------------------------


def with_note(path: Path, change: Callable[[bytes], bytes]) -> Path:
    return altered(path, "checkpoint", change)


def test_another_root_or_size_under_the_same_signatures(small: Path) -> None:
    root = note_over([b"something else"]).split(b"\n")[2]
    for line, text in ((1, b"12"), (2, root)):

        def change(note: bytes, line: int = line, text: bytes = text) -> bytes:
            lines = note.split(b"\n")
            lines[line] = text
            return b"\n".join(lines)

        refuted(verify(with_note(small, change)), "note.forged", ORIGIN)


def test_a_log_that_the_policy_does_not_know(small: Path) -> None:
    forger = Forger.of(small)
    path = forger.sealed(small.with_name("x.zip"), note_over(forger.leaves, OTHER_LOG))
    refuted(verify(path), "note.unsigned")


def test_a_known_key_for_another_origin(small: Path) -> None:
    """The key of one log does not speak for another."""
    text = note_over([b"x"]).decode().split("\n\n")[0].replace(ORIGIN, "wastehub.else/ledger") + "\n"
    note = f"{text}\n{LOG.line(text)}{WITNESS.line(text, at_s=1)}".encode()
    refuted(verify(with_note(small, lambda _: note)), "note.unsigned")


def test_a_forged_witness(small: Path) -> None:
    forger = Forger.of(small)
    impostor = Cosigner(WITNESS.key.name, Signer.from_seed(b"impostor".ljust(32)))
    text = note_over(forger.leaves, None, None).decode().removesuffix("\n")
    line = impostor.line(text, at_s=1).split(" ")
    raw = WITNESS.key.id + base64.b64decode(line[2])[4:]
    note = f"{text}\n{LOG.line(text)}— {WITNESS.key.name} {base64.b64encode(raw).decode()}\n".encode()
    refuted(verify(forger.sealed(small.with_name("x.zip"), note)), "note.forged", WITNESS.key.name)


def test_a_cosignature_under_another_time(small: Path) -> None:
    """The time that a witness states is part of what it signed."""

    def change(note: bytes) -> bytes:
        *rest, last = note.decode().removesuffix("\n").split("\n")
        raw = bytearray(base64.b64decode(last.split(" ")[2]))
        raw[11] ^= 1
        return "\n".join([*rest, f"— {WITNESS.key.name} {base64.b64encode(raw).decode()}", ""]).encode()

    refuted(verify(with_note(small, change)), "note.forged")


def test_a_quorum_that_is_not_reached(small: Path) -> None:
    forger = Forger.of(small)
    path = forger.sealed(small.with_name("x.zip"), note_over(forger.leaves, witness=None))
    refuted(verify(path), "note.quorum", "bureau")


QUORUMS = {
    "none": (set(), True),
    "a": ({"a"}, True),
    "b": ({"a"}, False),
    "any": ({"b"}, True),
    "all": ({"a", "b"}, False),
    "2": ({"a", "c"}, True),
    "3": ({"a", "b"}, False),
}


@pytest.mark.parametrize("rule", QUORUMS)
def test_the_quorum_counts_as_the_policy_says(rule: str) -> None:
    keys = {name: Cosigner(f"{name}.test/w", Signer.from_seed(name.encode().ljust(32))) for name in "abc"}
    lines = [f"log {LOG.key}", *(f"witness {name} {key.key}" for name, key in keys.items())]
    if rule in ("any", "all", "2", "3"):
        lines += [f"group g {rule} a b c", "quorum g"]
    else:
        lines += [f"quorum {rule}"]
    signed, good = QUORUMS[rule]
    policy = wh_verify.Policy("\n".join(lines).encode())
    assert policy.satisfied({name.encode() for name in signed}) is good


def test_groups_of_groups(small: Path) -> None:
    text = (
        f"# ours\n\tlog {LOG.key} https://example.test\nwitness 环境局 {WITNESS.key}\n"
        f"witness p {SECOND.key}\ngroup two all 环境局 p\ngroup one any two\nquorum one\n"
    )
    refuted(verify(small, policy=text), "note.quorum")
    assert verify(small, policy=text.replace("two all", "two any")).code == 0


BAD_POLICIES = (
    "quorum none\n",
    f"log {LOG.key}\n",
    f"log {LOG.key}\nlog {LOG.key}\nquorum none\n",
    f"log {LOG.key}x\nquorum none\n",
    f"log {WITNESS.key}\nquorum none\n",
    f"log {LOG.key}\nwitness a {LOG.key}\nquorum a\n",
    f"log {LOG.key}\nquorum nobody\n",
    f"log {LOG.key}\nquorum none\nquorum none\n",
    f"log {LOG.key}\nquorum g\ngroup g any g\n",
    f"log {LOG.key}\nwitness none {WITNESS.key}\nquorum none\n",
    f"log {LOG.key}\nwitness a {WITNESS.key}\ngroup g 2 a\nquorum g\n",
    f"log {LOG.key}\nwitness a {WITNESS.key}\ngroup g 0 a\nquorum g\n",
    f"log {LOG.key}\nwitness a {WITNESS.key}\ngroup g any a a\nquorum g\n",
    f"log {LOG.key}\nwitness a {WITNESS.key}\ngroup g any a\ngroup h any a\nquorum h\n",
    f"log {LOG.key}\rquorum none\n",
    "log\nquorum none\n",
    "trust me\n",
)


@pytest.mark.parametrize("text", BAD_POLICIES)
def test_a_policy_that_is_malformed_decides_nothing(small: Path, text: str) -> None:
    unchecked(verify(small, policy=text), "policy.form")


# --- level 0: the same log as before -----------------------------------------------------------------------


def test_a_rewritten_history_with_every_signature_is_caught_by_an_older_root(bundle: Path) -> None:
    """Log and witness collude: only what was printed before gives them away."""
    forger = Forger.of(bundle)
    printed = seen(300, root_of(forger.leaves[:300]))
    forger.edit(40, lambda leaf: leaf["ev"].__setitem__("subject", "another"))
    forged = forger.sealed(bundle.with_name("forged.zip"))
    assert verify(forged, "--level", "0").code == 0
    refuted(verify(forged, "--level", "0", "--seen", printed), "seen.fork", "300")
    assert verify(bundle, "--seen", printed, "--seen", printed[:20]).code == 0


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 511, 512, 513, 603, 604])
def test_the_root_is_known_at_every_size(bundle: Path, size: int) -> None:
    leaves = Forger.of(bundle).leaves
    good, bad = seen(size, root_of(leaves[:size])), seen(size, root_of([*leaves[:size], b"x"]))
    assert verify(bundle, "--level", "0", "--seen", good).code == 0
    refuted(verify(bundle, "--level", "0", "--seen", bad), "seen.fork", f"size {size} ")


def test_a_log_that_is_shorter_than_one_seen_before(small: Path) -> None:
    refuted(verify(small, "--seen", seen(5_000, bytes(32))), "seen.rollback", "5000")


@pytest.mark.parametrize("text", ["12", "twelve abc", "12 short", "-1 " + "A" * 43 + "=", "1 " + "!" * 20])
def test_a_seen_root_that_says_nothing(small: Path, text: str) -> None:
    unchecked(verify(small, "--seen", text), "seen.form")


def grown(log: Database, path: Path, count: int) -> Path:
    many(log, count)
    cosigned(log, checkpointed(log))
    return exported(log, path)


def test_the_next_audit_hashes_only_what_is_new(log: Database, bundle: Path, tmp_path: Path) -> None:
    state = str(tmp_path / "state.json")
    assert "(604 hashed now)" in verify(bundle, "--level", "0", "--state", state).text
    longer = grown(log, tmp_path / "longer.zip", 100)
    verdict = verify(longer, "--level", "0", "--state", state)
    assert verdict.code == 0
    assert "(192 hashed now)" in verdict.text
    assert "ok.seen" in verdict.found
    refuted(verify(bundle, "--level", "0", "--state", state), "seen.rollback", "704")


def test_the_next_audit_notices_another_past(bundle: Path, tmp_path: Path) -> None:
    state = str(tmp_path / "state.json")
    assert verify(bundle, "--state", state).code == 0
    forger = Forger.of(bundle)
    forger.edit(600, lambda leaf: leaf["ev"].__setitem__("subject", "another"))
    forger.leaves.append(forger.leaves[0])
    refuted(verify(forger.sealed(tmp_path / "x.zip"), "--level", "0", "--state", state), "seen.fork", "604")


def test_a_refuted_bundle_leaves_the_state_alone(bundle: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    path = with_group(bundle, 0, lambda entries: entries.__setitem__(8, entries[9]))
    assert verify(path, "--state", str(state)).code == 1
    assert not state.exists()


def test_the_state_of_another_log_is_refused(small: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    verify(small, "--state", str(state))
    said = json.loads(state.read_text()) | {"origin": "elsewhere"}
    state.write_text(json.dumps(said))
    refuted(verify(small, "--state", str(state)), "state.origin", "elsewhere")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"origin": "x", "size": 600, "root": "", "frontier": []}'])
def test_a_state_file_that_is_broken(small: Path, tmp_path: Path, text: str) -> None:
    state = tmp_path / "state.json"
    state.write_text(text)
    unchecked(verify(small, "--state", str(state)), "state.form")


# --- hostile files -----------------------------------------------------------------------------------------


def test_files_that_are_no_bundles(small: Path, tmp_path: Path) -> None:
    data = small.read_bytes()
    for made in (b"", b"PK", b"not a zip" * 100, data[:-1], data[: len(data) // 2], data + b"tail"):
        path = tmp_path / "x.zip"
        path.write_bytes(made)
        unchecked(verify(path), "zip.form")
    unchecked(verify(tmp_path / "absent.zip"), "file.unreadable")


def test_a_compressed_member_is_not_unfolded(small: Path) -> None:
    path = small.with_name("deflated.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members_of(small).items():
            made.writestr(name, data)
    unchecked(verify(path), "zip.compressed")


def test_a_bundle_that_another_program_packed_again(small: Path) -> None:
    path = small.with_name("again.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as made:
        for name, data in reversed(members_of(small).items()):
            made.writestr(name, data)
    assert verify(path).code == 0


def test_a_member_that_is_there_twice(groups: Path) -> None:
    for name in ("checkpoint", "tile/entries/000"):
        path = groups.with_name("twice.zip")
        with path.open("wb") as out, StoredZip(out) as made:
            for known, data in members_of(groups).items():
                made.add(known, data)
            made.add(name, b"another")
        unchecked(verify(path), "zip.twice")


def test_members_that_overlap(tmp_path: Path) -> None:
    """A thousand names for the same megabyte do not make a gigabyte of work."""
    path = tmp_path / "bomb.zip"
    with path.open("wb") as out, StoredZip(out) as made:
        made.add("tile/entries/000", bytes(1 << 20))
        start = made._directory.tell()
        made._directory.seek(0)
        entry = made._directory.read()
        made._directory.seek(start)
        for number in range(1, 1000):
            made._directory.write(entry.replace(b"entries/000", b"entries/%03d" % number))
            made._count += 1
    unchecked(verify(path), "zip.form")


def test_a_header_that_names_another_member(small: Path) -> None:
    data = small.read_bytes()
    path = small.with_name("confused.zip")
    path.write_bytes(data.replace(b"checkpointwastehub", b"checkpoinTwastehub", 1))
    unchecked(verify(path), "zip.form")


@pytest.mark.parametrize("name", ["checkpoint", "bundle.json", "reports/balances.csv", "reports/held.csv"])
def test_a_member_that_is_missing(small: Path, name: str) -> None:
    unchecked(verify(altered(small, name, lambda _: None)), "member.missing")


@pytest.mark.parametrize(
    "said",
    [b"", b"{", b"[]", b"\xff", b'{"format": "other"}', b'{"format": "wastehub-bundle/1", "scope": 1}',
     b'{"format": "wastehub-bundle/1", "scope": "moon:1", "entries": 1}', b"[" * 60_000],
)  # fmt: skip
def test_a_scope_that_cannot_be_understood(small: Path, said: bytes) -> None:
    unchecked(verify(altered(small, "bundle.json", lambda _: said)), "bundle.form")


@pytest.mark.parametrize(
    "note",
    [b"", b"\xff\n\n", b"a\n1\nb\n", b"a\n01\n" + b"A" * 43 + b"=\n\n", b"a\n1\nshort\n\n",
     b"a\n1\n" + b"A" * 43 + b"=\n\nnot a signature\n", b"\x00\n\n\n"],
)  # fmt: skip
def test_a_checkpoint_that_is_malformed(small: Path, note: bytes) -> None:
    refuted(verify(altered(small, "checkpoint", lambda _: note)), "note.form")


def test_a_checkpoint_of_many_megabytes(small: Path) -> None:
    unchecked(verify(altered(small, "checkpoint", lambda note: note * 10_000)), "member.size")


def test_a_zip_file_of_more_than_4_gib_can_be_read() -> None:
    """Offsets beyond 32 bits stand in the zip64 field."""
    extra = struct.pack("<HHQ", 1, 8, 5 << 32)
    assert wh_verify._zip64(extra, 10, 10, 0xFFFFFFFF) == (10, 10, 5 << 32)


# --- level 1 -----------------------------------------------------------------------------------------------


def found_in(path: Path, idx: int, change: Callable[[dict[str, Any]], Any], level: str = "1") -> Verdict:
    """Every signature under the checkpoint is genuine; the entry itself is not as it must be."""
    forger = Forger.of(path)
    forger.edit(idx, change)
    return verify(forger.sealed(path.with_name("forged.zip")), "--level", level)


def bump(field: str, by: int) -> Callable[[dict[str, Any]], None]:
    def change(leaf: dict[str, Any]) -> None:
        holder = leaf if field in leaf else leaf["ev"]
        holder[field] += by

    return change


def put_field(field: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(leaf: dict[str, Any]) -> None:
        (leaf if field in leaf else leaf["ev"])[field] = value

    return change


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("author.gap", bump("aseq", 1)),
        ("author.gap", bump("aseq", -1)),
        ("author.chain", put_field("aprev", "00" * 32)),
        ("site.gap", bump("sseq", 1)),
        ("site.gap", bump("sseq", -1)),
        ("site.chain", put_field("sprev", "00" * 32)),
        ("leaf.field", put_field("aseq", "2")),
        ("leaf.field", put_field("eventTime", "yesterday")),
        ("leaf.field", put_field("recv", "2026-03-02")),
        ("leaf.field", put_field("id", "L1")),
        ("leaf.field", put_field("author", "")),
        ("leaf.field", put_field("type", "Loaded!")),
        ("leaf.field", put_field("lines", [{"label": "L1", "grams": 1}])),
        ("leaf.field", put_field("lines", [{"label": "L1", "mass_g": -1}])),
        ("leaf.field", put_field("lines", [{"label": "L1", "mass_g": True}])),
        ("leaf.field", put_field("facts", {"x": None})),
        ("leaf.field", put_field("facts", {"x": 2**53})),
        ("leaf.field", put_field("facts", {"质": 1})),
        ("leaf.field", put_field("facts", {"x": [[[[[[[[[1]]]]]]]]]})),
        ("leaf.field", put_field("after", ["x"])),
        ("leaf.field", put_field("pd", {"driver": "short"})),
        ("leaf.field", put_field("sig", "!")),
        ("leaf.field", lambda leaf: leaf.__setitem__("more", 1)),
        ("leaf.field", lambda leaf: leaf["ev"].pop("facts")),
        ("leaf.json", put_field("facts", {"x": 1.5})),
        ("leaf.json", put_field("subject", "e\u0301")),
    ],
)
def test_an_entry_of_the_wrong_form_is_named(small: Path, code: str, change: Any) -> None:
    refuted(found_in(small, 6, change), code, "entry 6")


def test_the_next_entry_betrays_one_that_was_changed(small: Path) -> None:
    """Author and site go on from what was there before."""
    verdict = found_in(small, 6, put_field("subject", "another"))
    assert verdict.code == 1
    assert {"author.chain", "site.chain"} & set(verdict.found)


def raw_leaf(small: Path, change: Callable[[bytes], bytes]) -> Verdict:
    forger = Forger.of(small)
    forger.leaves[6] = change(forger.leaves[6])
    return verify(forger.sealed(small.with_name("raw.zip")), "--level", "1")


@pytest.mark.parametrize(
    "change",
    [
        lambda leaf: leaf.replace(b'"ev":', b'"ev": '),
        lambda leaf: leaf.replace(b'"v":2', b'"v":2,"v":2'),
        lambda leaf: leaf.replace(b'"v":2', b'"v":2.0'),
        lambda leaf: leaf.replace(b'"v":2', b'"v":NaN'),
        lambda leaf: leaf.replace(b'"v":2', b'"v":2e0'),
        lambda leaf: leaf.replace(b'"v":2', b'"v":' + b"9" * 9_000),
        lambda leaf: b"\xff" + leaf,
        lambda leaf: b"\xef\xbb\xbf" + leaf,
        lambda leaf: leaf.decode().encode("utf-16"),
        lambda leaf: leaf[:-1],
        lambda leaf: b"",
        lambda leaf: b"[" * 16_000,
        lambda leaf: leaf.replace(b'"subject":""', b'"subject":"\\ud800"'),
        lambda leaf: leaf.replace(b'"subject":""', b'"subject":"\\u0041"'),
    ],
)
def test_bytes_that_are_not_canonical_json(small: Path, change: Callable[[bytes], bytes]) -> None:
    refuted(raw_leaf(small, change), "leaf.json", "entry 6")


def test_an_entry_that_is_too_large(small: Path) -> None:
    refuted(raw_leaf(small, lambda leaf: leaf + b" " * 16_384), "leaf.size", "entry 6")


def test_a_later_format_is_not_judged(small: Path) -> None:
    unchecked(found_in(small, 6, put_field("v", 3)), "leaf.version")


def test_an_event_id_twice(small: Path) -> None:
    forger = Forger.of(small)
    first = json.loads(forger.leaves[2])["ev"]["id"]
    forger.edit(6, put_field("id", first))
    refuted(verify(forger.sealed(small.with_name("x.zip")), "--level", "1"), "id.twice", "entry 6", first)


def test_a_parent_that_nobody_logged(log: Database, tmp_path: Path) -> None:
    parent = UUID("01890000-0000-7000-8000-000000000001")
    put(log, acts.registered("L1"), acts.act("policy.changed", after=(parent,)))
    cosigned(log, checkpointed(log))
    path = exported(log, tmp_path / "b.zip")
    refuted(verify(path), "parent.missing", "entry 2", str(parent))
    put(log, acts.act("policy.changed", id=parent))
    cosigned(log, checkpointed(log))
    assert verify(exported(log, tmp_path / "b.zip")).code == 0


# --- level 2 -----------------------------------------------------------------------------------------------


def test_the_rules_are_those_of_the_vocabulary() -> None:
    assert {name: made.rule for name, made in TYPES.items() if made.rule} == wh_verify.MASS_RULES
    assert set(wh_verify.EITHER_SIGN) == set(SIGNED)
    source = SCRIPT.read_text(encoding="utf-8")
    # A stopped projector is a state of the database, not of the books.
    assert all(f'Hold("{code}"' in source for code in REASONS if code != "projector.stopped")


def second_books(log: list[Event]) -> wh_verify.Books:
    books = wh_verify.Books()
    for idx, event in enumerate(log):
        books.take(idx, json.loads(canonical(body(event))))
    return books


def assert_same_books(log: list[Event]) -> None:
    """Every balance, hold and case of the second implementation is that of the first."""
    first, held = Books(), {}
    for idx, event in enumerate(log):
        result = first.apply(idx, event)
        if isinstance(result, Held):
            held[idx] = result.reason
        for retried in first.retried:
            del held[retried.idx]
            if isinstance(retried.result, Held):
                held[retried.idx] = retried.result.reason
    second = second_books(log)
    assert second.held == held
    sums = {
        tuple(account): [each.in_g, each.out_g, each.last_idx] for account, each in first.accounts.items()
    }
    assert second.sums == sums
    cases = {
        key: (*record.case[1:6], record.case.due_on, record.opened_idx, record.closed_idx, record.case.closed)
        for key, record in first.cases.items()
    }
    closed = {-1: None}
    found = {key: (*case[:7], closed.get(case[7], case[7]), case[8]) for key, case in second.cases.items()}
    assert found == cases


@settings(max_examples=400, deadline=None)
@given(STEPS)
def test_two_implementations_of_the_books_agree(steps: list[tuple[str, int, int, int]]) -> None:
    assert_same_books(lived(steps).log)


ODD_FACTS: list[dict[str, Any]] = [
    {"tolerance_floor_g": -1},
    {"tolerance_ppm": "many"},
    {"tolerance_floor_g": True},
    {"case_due_on": "2026-03-09"},
    {"case_due_on": "20260309"},
    {"case_due_on": "2026-W10-1"},
    {"case_due_on": "2026W101"},
    {"case_due_on": "2026-W10"},
    {"case_due_on": "2026-02-30"},
    {"case_due_on": "soon"},
    {"case_due_on": 7},
    {"basis": "recorded"},
    {"basis": "guessed"},
    {"basis": 1},
    {"place": "elsewhere"},
    {"place": 3},
    {"to_place": "x" * 121},
    {"to_place": "plat:JX-P02"},
]


@pytest.mark.parametrize("facts", ODD_FACTS)
@pytest.mark.parametrize("mass_g", [0, 60_000, 100_000, 140_000])
def test_they_agree_about_odd_facts(facts: dict[str, Any], mass_g: int) -> None:
    log = [
        acts.registered("L1"),
        acts.loaded("L1"),
        acts.received("L1", mass_g, facts=facts),
        acts.counted("L1", mass_g, acts.PLATFORM, **facts),
        acts.act("lot.shipped", acts.PLATFORM, acts.Line("L1", mass_g=mass_g), facts=facts),
    ]
    assert_same_books([numbered(event, at) for at, event in enumerate(log)])


def numbered(event: Event, at: int) -> Event:
    object.__setattr__(event, "id", UUID(int=at + 1))
    return event


def with_report(path: Path, name: str, change: Callable[[str], str]) -> Verdict:
    return verify(altered(path, name, lambda data: change(data.decode()).encode()), "--level", "2")


def test_a_balance_that_does_not_follow(small: Path) -> None:
    verdict = with_report(small, "reports/balances.csv", lambda text: text.replace("99800", "99801"))
    refuted(verdict, "report.changed", "reports/balances.csv", "99800", "99801", "entry ")


def test_balances_left_out_or_added(small: Path) -> None:
    verdict = with_report(small, "reports/balances.csv", lambda text: text[: text.rindex("\n", 0, -1) + 1])
    refuted(verdict, "report.missing")
    extra = "STOCK,nowhere,900-214-08,ent:x/B,1,0\n"
    refuted(with_report(small, "reports/balances.csv", lambda t: t + extra), "report.surplus", "nowhere")


def test_cases_and_holds_that_do_not_follow(small: Path) -> None:
    refuted(with_report(small, "reports/cases.csv", lambda text: text.replace("10000", "1000")),
            "report.changed", "reports/cases.csv")  # fmt: skip
    refuted(with_report(small, "reports/held.csv", lambda text: text.replace("label.used", "label.unknown")),
            "report.changed", "label.used")  # fmt: skip
    refuted(with_report(small, "reports/held.csv", lambda text: text.split("\n")[0] + "\n"), "report.missing")


@pytest.mark.parametrize("change", [
    lambda text: "", lambda text: text.replace("kind", "sort"), lambda text: text + "a,b\n",
    lambda text: text[:-1], lambda text: text[1:], lambda text: text.replace("STOCK", '"STOCK"', 1),
    lambda text: text + '"', lambda text: text + text.split("\n")[1] + "\n", lambda text: text + "x" * 70_000,
])  # fmt: skip
def test_a_report_that_is_malformed(small: Path, change: Callable[[str], str]) -> None:
    refuted(with_report(small, "reports/balances.csv", change), "report.form")


def test_grams_changed_by_somebody_with_every_key(small: Path) -> None:
    """Chains, checkpoint and cosignature fit: the masses do not fit the reports."""
    forger = Forger.of(small)
    line = json.loads(forger.leaves[1])["ev"]["lines"][0]
    forger.edit(1, put_field("lines", [line | {"mass_g": line["mass_g"] - 7}]))
    forger.rechain()
    path = forger.sealed(small.with_name("x.zip"))
    assert verify(path, "--level", "1").code == 0
    refuted(verify(path, "--level", "2"), "report.changed")


# --- level 3 -----------------------------------------------------------------------------------------------


def test_an_entry_that_the_key_did_not_sign(small: Path) -> None:
    last = len(Forger.of(small).leaves) - 1
    verdict = found_in(small, last, put_field("subject", "x"), "3")
    refuted(verdict, "signature.wrong", f"entry {last}:")
    assert found_in(small, last, put_field("subject", "x"), "1").code == 0


def test_a_key_that_was_not_registered_before(small: Path) -> None:
    refuted(found_in(small, 3, put_field("key", "00" * 8), "3"), "key.unknown", "entry 3 ")


@pytest.mark.parametrize("change", [
    {"public_key": "00"}, {"public_key": 1}, {"algorithm": "rsa"}, {"key": "1234567890abcdef"}
])  # fmt: skip
def test_a_registered_key_that_is_malformed(small: Path, change: dict[str, Any]) -> None:
    forger = Forger.of(small)
    facts = json.loads(forger.leaves[0])["ev"]["facts"]
    forger.edit(0, put_field("facts", facts | change))
    refuted(verify(forger.sealed(small.with_name("x.zip")), "--level", "3"), "key.form", "entry 0 ")


def test_a_device_key_on_p256_and_its_revocation(small: Path) -> None:
    """A phone whose browser lacks Ed25519 signs r || s; after the revocation its signature counts no more."""
    device = ec.derive_private_key(7, ec.SECP256R1())
    public = device.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    name = signing.key_id(public)
    forger = Forger.of(small)
    hub = Signer.from_seed(bytes(32))

    def sign(at: int) -> None:
        leaf = json.loads(forger.leaves[at])
        message = canonical(leaf["ev"])
        if leaf["key"] == name:
            r, s = utils.decode_dss_signature(device.sign(message, ec.ECDSA(SHA256())))
            signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        else:
            signature = hub.sign(message)
        leaf["sig"] = base64.b64encode(signature).decode()
        forger.leaves[at] = canonical(leaf)

    def resign() -> Path:
        for at in range(len(forger.leaves)):
            forger.rechain()
            sign(at)
        forger.rechain()
        return forger.sealed(small.with_name("device.zip"))

    facts = {"algorithm": "ecdsa-p256", "key": name, "public_key": public.hex()}
    for at, kind, said in ((5, "key.registered", facts), (8, "key.revoked", {"key": name})):
        forger.edit(at, put_field("type", kind))
        forger.edit(at, put_field("facts", said))
        forger.edit(at, put_field("lines", []))
    forger.edit(6, put_field("key", name))
    assert verify(resign(), "--level", "3").found.count("ok.signatures") == 1
    forger.edit(9, put_field("key", name))
    refuted(verify(resign(), "--level", "3"), "key.revoked", "entry 9 ", "revoked by entry 8")
    forger.edit(9, put_field("key", hub.key_id))
    resign()
    forger.edit(6, lambda leaf: leaf["ev"].__setitem__("subject", "x"))
    forger.rechain()
    refuted(verify(forger.sealed(small.with_name("x.zip")), "--level", "3"), "signature.wrong", "entry 6:")


RFC8032 = (
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595"
     "bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4"
     "302aeeb00d291612bb0c00"),
)  # fmt: skip


@pytest.mark.parametrize(("public", "message", "signature"), RFC8032)
def test_the_vectors_of_rfc_8032(public: str, message: str, signature: str) -> None:
    key, said, signed = (bytes.fromhex(text) for text in (public, message, signature))
    assert wh_verify.ed25519_verify(key, said, signed)
    assert not wh_verify.ed25519_verify(key, said + b"x", signed)
    # s + order is the same number to the curve, and another signature to everybody else.
    s = int.from_bytes(signed[32:], "little") + wh_verify.ORDER
    assert not wh_verify.ed25519_verify(key, said, signed[:32] + s.to_bytes(32, "little"))
    assert not wh_verify.ed25519_verify(key, said, signed[:-1])
    assert not wh_verify.ed25519_verify(b"\xff" * 32, said, signed)


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 511))
def test_ed25519_agrees_with_openssl(seed: bytes, message: bytes, bit: int) -> None:
    signer = Signer.from_seed(seed)
    signature = signer.sign(message)
    assert wh_verify.ed25519_verify(signer.public_key, message, signature)
    flipped = bytearray(signature)
    flipped[bit // 8] ^= 1 << bit % 8
    assert not wh_verify.ed25519_verify(signer.public_key, message, bytes(flipped))


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 2**255), st.binary(max_size=80), st.integers(0, 511))
def test_p256_agrees_with_openssl(secret: int, message: bytes, bit: int) -> None:
    key = ec.derive_private_key(secret % (wh_verify.P256_ORDER - 1) + 1, ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    r, s = utils.decode_dss_signature(key.sign(message, ec.ECDSA(SHA256())))
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    assert wh_verify.p256_verify(public, message, signature)
    flipped = bytearray(signature)
    flipped[bit // 8] ^= 1 << bit % 8
    assert not wh_verify.p256_verify(public, message, bytes(flipped))
    off_curve = public[:-1] + bytes([public[-1] ^ 1])
    assert not wh_verify.p256_verify(off_curve, message, signature)
    assert not wh_verify.p256_verify(public, message, bytes(64))


# --- parts -------------------------------------------------------------------------------------------------


@pytest.fixture
def site(log: Database, small: Path) -> Path:
    return exported(log, small.with_name("site.zip"), f"site:{acts.PLATFORM}")


def test_a_site_is_good_and_says_what_it_cannot_prove(site: Path) -> None:
    verdict = verify(site)
    assert verdict.code == 0, verdict.text
    assert {"ok.part", "ok.site", "note.reports"} <= set(verdict.found)
    assert verify(site, "--level", "3").code == 0
    unchecked(verify(site, "--level", "2"), "level.part")


def leaf_names(path: Path) -> list[str]:
    return [name for name in members_of(path) if name.startswith("entries/")]


def test_an_altered_entry_of_a_part(site: Path) -> None:
    name = leaf_names(site)[2]
    idx = name.removeprefix("entries/").removesuffix(".leaf")
    path = altered(site, name, lambda leaf: leaf.replace(b'"v":2', b'"v":3'))
    refuted(verify(path, "--level", "0"), "proof.wrong", f"entry {idx} ")


def test_proofs_that_belong_to_other_entries(site: Path) -> None:
    members = members_of(site)
    first, second = leaf_names(site)[1:3]
    members[first], members[second] = members[second], members[first]
    refuted(verify(packed(site.with_name("x.zip"), members)), "proof.wrong")


def test_an_entry_without_proof_and_a_proof_without_entry(site: Path) -> None:
    name = leaf_names(site)[2]
    proof = name.replace("entries/", "proofs/").replace(".leaf", ".tlog-proof")
    refuted(verify(altered(site, proof, lambda _: None)), "proof.missing")
    members = members_of(site)
    del members[name]
    members["bundle.json"] = count(members["bundle.json"], -1)
    refuted(verify(packed(site.with_name("x.zip"), members)), "proof.surplus")


def count(said: bytes, by: int) -> bytes:
    made = json.loads(said)
    return canonical(made | {"entries": made["entries"] + by})


def without(path: Path, name: str, *, honest: bool = True) -> Path:
    """The part without one entry; the count in bundle.json follows, unless the forger forgot it."""
    members = members_of(path)
    del members[name], members[name.replace("entries/", "proofs/").replace(".leaf", ".tlog-proof")]
    if honest:
        members["bundle.json"] = count(members["bundle.json"], -1)
    return packed(path.with_name("x.zip"), members)


def test_an_entry_left_out_of_a_site(site: Path) -> None:
    name = leaf_names(site)[1]
    refuted(verify(without(site, name, honest=False)), "part.count")
    refuted(verify(without(site, name)), "site.gap", acts.PLATFORM)


def test_an_entry_of_another_site(log: Database, site: Path) -> None:
    members = members_of(exported(log, site.with_name("firm.zip"), f"firm:{acts.FIRM}"))
    said = json.loads(members["bundle.json"]) | {"scope": f"site:{acts.PLATFORM}"}
    members["bundle.json"] = canonical(said)
    refuted(verify(packed(site.with_name("x.zip"), members)), "part.site", "entry 1 ")


def test_a_proof_under_another_checkpoint(site: Path) -> None:
    proof = next(name for name in members_of(site) if name.startswith("proofs/"))
    for change in (
        lambda text: text.replace(b"wastehub.test", b"wastehub.else"),
        lambda text: text.replace(b"index ", b"index 1"),
        lambda text: text.replace(b"proof@v1", b"proof@v2"),
        lambda text: text.partition(b"\n\n")[0],
        lambda text: text.replace(b"index 0\n", b"index 0\nAAAA\n"),
    ):
        refuted(verify(altered(site, proof, change)), "proof.form", "entry 0 ")


def test_a_part_answers_only_for_its_own_checkpoint(site: Path) -> None:
    head = members_of(site)["checkpoint"].decode().split("\n")
    assert verify(site, "--seen", f"{head[1]} {head[2]}").code == 0
    refuted(verify(site, "--seen", f"{head[1]} {'A' * 43}="), "seen.fork")
    refuted(verify(site, "--seen", seen(5_000, bytes(32))), "seen.rollback")
    unchecked(verify(site, "--seen", seen(3, bytes(32))), "seen.part")
    unchecked(verify(site, "--state", str(site.with_name("s.json"))), "state.part")


@pytest.fixture
def period(log: Database, tmp_path: Path) -> Path:
    """Five days with two entries each; the part is the third and the fourth."""
    from wastehub import ledger

    for day in range(5):
        at = acts.NOW + timedelta(days=day)
        with log.transaction() as session:
            ledger.append(
                session, [acts.act("policy.changed", at=at), acts.act("tariff.changed", at=at)], now=at
            )
    cosigned(log, checkpointed(log))
    return exported(log, tmp_path / "period.zip", "period:2026-03-04..2026-03-05")


def test_a_period_stands_between_its_neighbours(period: Path) -> None:
    verdict = verify(period)
    assert verdict.code == 0, verdict.text
    assert "ok.period" in verdict.found
    assert leaf_names(period) == [f"entries/{idx}.leaf" for idx in (0, 4, 5, 6, 7, 8, 9)]


@pytest.mark.parametrize("idx", [4, 5, 6, 7, 8, 9])
def test_no_entry_of_a_period_and_no_neighbour_can_be_left_out(period: Path, idx: int) -> None:
    refuted(verify(without(period, f"entries/{idx}.leaf")), "part.gap")


@pytest.mark.parametrize(("first", "last"), [(6, 8), (5, 7), (4, 8), (5, 9)])
def test_a_period_cannot_be_declared_otherwise(period: Path, first: int, last: int) -> None:
    def change(said: bytes) -> bytes:
        return canonical(json.loads(said) | {"first": first, "last": last})

    verdict = verify(altered(period, "bundle.json", change))
    assert verdict.code == 1
    assert {"part.period", "part.gap"} & set(verdict.found)


# --- at random ---------------------------------------------------------------------------------------------


def tampered(members: dict[str, bytes], chance: random.Random) -> dict[str, bytes]:
    """One change to the evidence: bits, entries or files."""
    made = dict(members)
    evidence = [
        name for name in made if name.startswith("tile/") or name in ("checkpoint", *wh_verify.COLUMNS)
    ]
    groups = [name for name in made if name.startswith("tile/entries/")]
    name = chance.choice(evidence)
    kind = chance.choice(("flip", "cut", "drop file", "drop", "swap", "double", "exchange"))
    if kind == "flip":
        at, bit = chance.randrange(len(made[name])), chance.randrange(8)
        data = bytearray(made[name])
        data[at] ^= 1 << bit
        made[name] = bytes(data)
    elif kind == "cut":
        made[name] = made[name][: chance.randrange(len(made[name]))]
    elif kind == "drop file":
        del made[chance.choice([*groups, "checkpoint", *wh_verify.COLUMNS])]
    else:
        name = chance.choice(groups)
        entries = tiles.decode_bundle(made[name])
        one, other = chance.sample(range(len(entries)), 2)
        if kind == "drop":
            del entries[one]
        elif kind == "double":
            entries.insert(one, entries[other])
        elif kind == "swap":
            entries[one], entries[other] = entries[other], entries[one]
        else:
            entries[one] = entries[other]
        made[name] = tiles.encode_bundle(entries)
    return made


def assert_noticed(bundle: Path, seed: int) -> None:
    chance = random.Random(seed)
    members = members_of(bundle)
    made = tampered(members, chance)
    if made == members:
        return
    verdict = verify(packed(bundle.with_name("tampered.zip"), made), "--level", "2")
    assert verdict.code in (1, 2), f"seed {seed} passed: {verdict.text}"
    assert "program.fault" not in verdict.found, verdict.text


def test_random_tampering_is_noticed(bundle: Path) -> None:
    for seed in range(60):
        assert_noticed(bundle, seed)


@pytest.mark.long
def test_random_tampering_is_noticed_two_thousand_times(bundle: Path) -> None:
    for seed in range(2_000):
        assert_noticed(bundle, seed)
