"""Sealing: fold, sign, anchor. Then, and only then, is a checkpoint shown to witnesses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from wastehub.db import Database

from . import files, integrating, notes
from .anchor import SOURCE, Anchor, AnchorMoved, Refusal, compare
from .checkpoints import TreeHead
from .integrating import Checkpoint, LedgerDamaged
from .notes import LogSigner
from .tree import EMPTY_ROOT


class Refused(RuntimeError):
    """Database and anchor contradict each other: nothing was signed."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(f"{refusal.code} {refusal.params}")


def check(database: Database, anchor: Anchor) -> Refusal | None:
    """Compare database and anchor as at a start, and remember the result for every process.

    A database whose last checkpoint did not reach the anchor (a crash between the two) brings it forward.
    """
    anchored, newest, refusal = _compared(database, anchor)
    anchor.note_refusal(SOURCE, refusal)
    if refusal is None and newest is not None and newest.head != anchored:
        # Web server and worker start together: whoever comes second finds it done.
        with suppress(AnchorMoved):
            anchor.advance(anchored, newest.note)
    return refusal


def _compared(
    database: Database, anchor: Anchor
) -> tuple[TreeHead | None, Checkpoint | None, Refusal | None]:
    """What the anchor says, the newest checkpoint, and how they contradict each other.

    An anchor that moved between the two looks is no contradiction: both are looked at again.
    """
    while True:
        anchored = anchor.read()
        with database.reading() as session:
            refusal = compare(session, anchored)
            newest = integrating.latest(session)
        if refusal is None or anchor.read() == anchored:
            return anchored, newest, refusal


def seal(
    database: Database, log_signers: Sequence[LogSigner], anchor: Anchor, *, now: datetime
) -> Checkpoint | None:
    """A checkpoint over everything that is committed; None when the newest one covers it already, or when
    another process signs at the same moment.

    Raises Refused.
    """
    with database.reading() as session:
        if not integrating.is_behind(session):
            return None
    try:
        _fold_ahead(database)
        with anchor.held() as swap:
            # Read while nobody else can move it: a process that was paused here would hold an old one against
            # a newer database.
            anchored = anchor.read()
            with database.transaction() as session:
                refusal = compare(session, anchored)
                if refusal is not None:
                    raise Refused(refusal)
                if anchored is None:
                    anchored = _begin(swap, log_signers)
                made = integrating.integrate(session, log_signers, now=now)
            if made is not None:
                swap(anchored, made.note)
        return made
    except Refused as refused:
        anchor.note_refusal(SOURCE, refused.refusal)
        raise
    except LedgerDamaged as damage:
        found = Refusal("ledger.damaged", {"detail": str(damage)})
        anchor.note_refusal(SOURCE, found)
        raise Refused(found) from damage
    except (IntegrityError, AnchorMoved, files.Busy):
        # Another integrator was faster: what it signed stands, and nothing of ours was kept.
        return None


def _begin(swap: Callable[[TreeHead | None, str], None], log_signers: Sequence[LogSigner]) -> TreeHead:
    """Anchor the empty log before the first checkpoint is kept: a crash between the two is then told from an
    anchor that somebody took away.
    """
    empty = TreeHead(log_signers[0].key.name, 0, EMPTY_ROOT)
    swap(None, notes.sign(empty.text(), log_signers))
    return empty


def _fold_ahead(database: Database) -> None:
    more = True
    while more:
        with database.transaction() as session:
            more = integrating.fold_part(session)


def adopt(database: Database, anchor: Anchor) -> Checkpoint | None:
    """Make an anchor where it is missing: the decision of an operator who knows that the database is the
    newest one. Never replaces an anchor that is there.

    Raises AnchorMoved.
    """
    with database.reading() as session:
        newest = integrating.latest(session)
    if newest is not None:
        anchor.advance(None, newest.note)
    anchor.note_refusal(SOURCE, None)
    return newest
