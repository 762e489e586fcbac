"""The anchor: it only moves forward, and a database that was put back is found out (fault cases F8, F9)."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.ledger.acts import NOW
from tests.ledger.logs import LOG, ORIGIN, checkpointed, many
from wastehub import ledger
from wastehub.db import Database
from wastehub.ledger import files, integrating, notes, sealing
from wastehub.ledger.anchor import SOURCE, Anchor, AnchorMoved, Refusal, WitnessState, compare
from wastehub.ledger.checkpoints import TreeHead
from wastehub.ledger.integrating import Checkpoint
from wastehub.ledger.notes import LogSigner
from wastehub.ledger.sealing import Refused
from wastehub.ledger.signing import Signer


def note_of(size: int, root: bytes = bytes(32), origin: str = ORIGIN) -> str:
    return notes.sign(TreeHead(origin, size, root).text(), [LOG])


@pytest.fixture
def anchor(tmp_path: Path) -> Anchor:
    return Anchor(tmp_path / "anchor")


def sealed(log: Database, anchor: Anchor) -> Checkpoint:
    made = sealing.seal(log, [LOG], anchor, now=NOW)
    assert made is not None
    return made


def file_of(log: Database) -> Path:
    return Path(log.url.removeprefix("sqlite:///"))


def copied(log: Database, to: Path) -> Path:
    """A backup of the database file."""
    with closing(sqlite3.connect(file_of(log))) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
    return to


def put_back(backup: Path, log: Database) -> None:
    log.dispose()
    for suffix in ("-wal", "-shm"):
        file_of(log).with_name(file_of(log).name + suffix).unlink(missing_ok=True)
    shutil.copyfile(backup, file_of(log))


# --- the file ----------------------------------------------------------------------------------------------


def test_a_new_anchor_says_nothing(anchor: Anchor) -> None:
    assert anchor.read() is None
    assert anchor.refusals() == {}
    assert anchor.witnesses() == {}


def test_it_moves_from_what_it_says_to_the_next(anchor: Anchor) -> None:
    first, second = note_of(3), note_of(5)
    anchor.advance(None, first)
    anchor.advance(TreeHead.parse(first), second)
    assert anchor.read() == TreeHead.parse(second)


@pytest.mark.parametrize("believed", [None, TreeHead(ORIGIN, 4, bytes(32)), TreeHead(ORIGIN, 3, b"x" * 32)])
def test_whoever_believes_something_else_loses(anchor: Anchor, believed: TreeHead | None) -> None:
    anchor.advance(None, note_of(3))
    with pytest.raises(AnchorMoved):
        anchor.advance(believed, note_of(9))
    assert anchor.read() == TreeHead.parse(note_of(3))


@pytest.mark.parametrize("note", [note_of(2), note_of(9, origin="wastehub.other/ledger")])
def test_it_never_goes_back_nor_to_another_log(anchor: Anchor, note: str) -> None:
    anchor.advance(None, note_of(3))
    with pytest.raises(ValueError, match="no step forward"):
        anchor.advance(anchor.read(), note)


def test_an_unfinished_write_is_never_read(anchor: Anchor) -> None:
    anchor.advance(None, note_of(3))
    (anchor.folder / "checkpoint.new").write_text("wastehub.t")
    assert anchor.read() == TreeHead.parse(note_of(3))


def test_each_source_keeps_its_own_refusal(anchor: Anchor) -> None:
    anchor.note_refusal("anchor", Refusal("ledger.forked", {"anchored": 3}))
    anchor.note_refusal("bureau", Refusal("ledger.witness_ahead", {"witness": "bureau"}))
    anchor.note_refusal("anchor", None)
    anchor.note_refusal("plant", None)
    assert anchor.refusals() == {"bureau": Refusal("ledger.witness_ahead", {"witness": "bureau"})}


def test_the_last_outcome_of_each_witness_is_kept(anchor: Anchor) -> None:
    anchor.note_witness("bureau", WitnessState("down", NOW, "timed out"))
    anchor.note_witness("局", WitnessState("cosigned", NOW))
    anchor.note_witness("bureau", WitnessState("cosigned", NOW))
    assert anchor.witnesses() == {
        "bureau": WitnessState("cosigned", NOW),
        "局": WitnessState("cosigned", NOW),
    }


# --- against the database ----------------------------------------------------------------------------------


def test_sealing_moves_the_anchor_with_the_log(log: Database, anchor: Anchor) -> None:
    assert sealing.seal(log, [LOG], anchor, now=NOW) is None
    many(log, 300)
    first = sealed(log, anchor)
    assert anchor.read() == first.head
    assert sealing.seal(log, [LOG], anchor, now=NOW) is None
    many(log, 300)
    assert sealed(log, anchor).head == anchor.read()
    assert sealing.check(log, anchor) is None


def test_an_old_backup_that_was_put_back_is_refused(log: Database, anchor: Anchor, tmp_path: Path) -> None:
    many(log, 300)
    sealed(log, anchor)
    backup = copied(log, tmp_path / "backup.db")
    many(log, 10)
    newest = sealed(log, anchor)
    put_back(backup, log)
    with log.reading() as session:
        assert ledger.verify(session).ok, "by itself the old copy is fine"
    assert sealing.check(log, anchor) == Refusal("ledger.rolled_back", {"size": 301, "anchored": 311})
    many(log, 4)
    with pytest.raises(Refused, match=r"ledger\.rolled_back"):
        sealing.seal(log, [LOG], anchor, now=NOW)
    assert anchor.read() == newest.head


def test_an_old_backup_that_grew_past_the_anchor_is_refused(
    log: Database, anchor: Anchor, tmp_path: Path
) -> None:
    many(log, 300)
    sealed(log, anchor)
    backup = copied(log, tmp_path / "backup.db")
    many(log, 10)
    sealed(log, anchor)
    put_back(backup, log)
    for _ in range(3):
        many(log, 100)
    with pytest.raises(Refused, match=r"ledger\.forked"):
        sealing.seal(log, [LOG], anchor, now=NOW)
    assert anchor.refusals() == {SOURCE: Refusal("ledger.forked", {"anchored": 311})}
    with log.reading() as session:
        newest = integrating.latest(session)
    assert newest is not None and newest.size == 301, "nothing was signed"


def test_the_right_backup_ends_the_refusal(log: Database, anchor: Anchor, tmp_path: Path) -> None:
    many(log, 3)
    sealed(log, anchor)
    old = copied(log, tmp_path / "old.db")
    many(log, 3)
    sealed(log, anchor)
    newest = copied(log, tmp_path / "newest.db")
    put_back(old, log)
    assert sealing.check(log, anchor) is not None
    put_back(newest, log)
    assert sealing.check(log, anchor) is None
    assert anchor.refusals() == {}


def test_a_crash_between_commit_and_anchor_is_made_good_at_the_start(log: Database, anchor: Anchor) -> None:
    many(log, 3)
    sealed(log, anchor)
    many(log, 3)
    behind = checkpointed(log)
    assert anchor.read() != behind.head
    assert sealing.check(log, anchor) is None
    assert anchor.read() == behind.head


def test_a_crash_before_the_first_anchor_is_told_from_one_that_was_taken_away(
    log: Database, anchor: Anchor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The very first checkpoint is in the database, and the power goes before the anchor follows."""
    many(log, 3)
    whole_swap, steps = Anchor._swap, []

    def powerless(self: Anchor, expected: TreeHead | None, note: str) -> None:
        steps.append(TreeHead.parse(note).size)
        if len(steps) == 2:
            raise KeyboardInterrupt
        whole_swap(self, expected, note)

    monkeypatch.setattr(Anchor, "_swap", powerless)
    with pytest.raises(KeyboardInterrupt):
        sealing.seal(log, [LOG], anchor, now=NOW)
    assert steps == [0, 4]
    monkeypatch.undo()
    assert sealing.check(log, anchor) is None
    anchored = anchor.read()
    assert anchored is not None and anchored.size == 4


def test_a_leader_that_sleeps_before_it_looks_refuses_nothing(
    log: Database, anchor: Anchor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one makes the first checkpoint while this one is paused on its way into the anchor's folder."""
    many(log, 3)
    held = Anchor.held

    def paused(self: Anchor) -> Any:
        monkeypatch.setattr(Anchor, "held", held)
        sealed(log, self)
        many(log, 1)
        return held(self)

    monkeypatch.setattr(Anchor, "held", paused)
    assert sealed(log, anchor).size == 5
    assert anchor.refusals() == {}


def test_a_start_beside_the_first_seal_refuses_nothing(
    log: Database, anchor: Anchor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first checkpoint comes between the look at the anchor and the look at the database."""
    many(log, 3)
    read = Anchor.read

    def early(self: Anchor) -> TreeHead | None:
        monkeypatch.setattr(Anchor, "read", read)
        found = read(self)
        sealed(log, self)
        return found

    monkeypatch.setattr(Anchor, "read", early)
    assert sealing.check(log, anchor) is None
    assert anchor.refusals() == {}


def test_checkpoints_without_an_anchor_are_refused_until_an_operator_decides(
    log: Database, anchor: Anchor
) -> None:
    many(log, 3)
    made = checkpointed(log)
    assert sealing.check(log, anchor) == Refusal("ledger.anchor_missing", {"size": made.size})
    many(log, 1)
    with pytest.raises(Refused, match=r"ledger\.anchor_missing"):
        sealing.seal(log, [LOG], anchor, now=NOW)
    assert sealing.adopt(log, anchor) == made
    assert anchor.refusals() == {}
    assert sealed(log, anchor).size == 5


def test_an_anchor_that_is_there_is_never_replaced(log: Database, anchor: Anchor) -> None:
    many(log, 3)
    checkpointed(log)
    anchor.advance(None, note_of(99))
    with pytest.raises(AnchorMoved):
        sealing.adopt(log, anchor)


def test_a_damaged_entry_is_named_and_nothing_is_signed(log: Database, anchor: Anchor) -> None:
    many(log, 3)
    sealed(log, anchor)
    many(log, 3)
    with log.engine.begin() as connection:
        ledger.drop_triggers(connection)
        connection.exec_driver_sql("DELETE FROM ledger_entry WHERE idx = 5")
    with pytest.raises(Refused, match=r"ledger\.damaged"):
        sealing.seal(log, [LOG], anchor, now=NOW)
    assert anchor.refusals()[SOURCE].code == "ledger.damaged"


def test_a_rewritten_beginning_is_a_fork(log: Database, anchor: Anchor) -> None:
    many(log, 3)
    sealed(log, anchor)
    with log.reading() as session:
        assert compare(session, TreeHead(ORIGIN, 3, b"x" * 32)) == Refusal("ledger.forked", {"anchored": 3})


def test_two_sealing_processes_make_one_line_of_checkpoints(log: Database, anchor: Anchor) -> None:
    """The second one finds the work done, or the anchor moved: it signs nothing of its own."""
    other = LogSigner(ORIGIN, Signer.from_seed(b"other".ljust(32)))
    for _ in range(5):
        many(log, 2)
        sealed(log, anchor)
        assert sealing.seal(log, [other], anchor, now=NOW) is None
    with log.reading() as session:
        assert [each.size for each in integrating.history(session, limit=9)] == [11, 9, 7, 5, 3]


# --- a process that holds the folder and was stopped -------------------------------------------------------


def test_whoever_waits_for_a_held_anchor_is_told_and_does_not_stand_still(tmp_path: Path) -> None:
    hasty = Anchor(tmp_path / "anchor", patience_s=0.05)
    with files.locked(hasty.folder), pytest.raises(files.Busy, match="held by another process"):
        hasty.advance(None, note_of(1))
    hasty.advance(None, note_of(1))


def test_nothing_is_signed_while_the_anchor_is_held(log: Database, tmp_path: Path) -> None:
    """Else a database could come to have checkpoints that its anchor never heard of."""
    hasty = Anchor(tmp_path / "anchor", patience_s=0.05)
    many(log, 3)
    with files.locked(hasty.folder):
        assert sealing.seal(log, [LOG], hasty, now=NOW) is None
    with log.reading() as session:
        assert integrating.latest(session) is None
    made = sealing.seal(log, [LOG], hasty, now=NOW)
    assert made is not None and hasty.read() == made.head
