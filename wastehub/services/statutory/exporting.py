"""Files in the background (F96): the row in `export_runs` is the truth, the queue carries only its id.

A worker holds a run by lease and attempt, as planning runs are held; the file it wrote counts only if the
lease is still its own. Files are kept for a number of days, the row for good.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ...db import Database, new_id
from ...domain import calendar
from ...domain.actors import Actor
from ...domain.errors import Conflict, InvalidInput, NotFound, RuleViolation
from ...domain.statutory.sheets import Document
from ...models import leases, reference
from ...models.filings import ExportRun
from ...models.leases import LEASE, WAITING
from ...models.organisations import Organisation
from . import access
from .documents import Wanted, checked_options, compose

FORMS: Mapping[str, str] = {"xlsx": "xlsx", "csv": "zip", "pdf": "pdf"}
BEAT = timedelta(seconds=1)
# A unit asks for so many files at once and no more.
OPEN_MAX = 5
# write(document, form, file, watch): drawn by wastehub.papers, handed in by the worker.
Write = Callable[[Document, str, IO[bytes], Callable[[int, int], None]], None]


class Stopped(Exception):
    """Somebody wants the run stopped, or another worker has it."""


def folder_of(blob_url: str) -> Path:
    """Where the files lie. Raises ValueError for a store that is no folder."""
    parts = urlsplit(blob_url)
    if parts.scheme != "file":
        raise ValueError(f"the blob store must be a folder (file://...): {blob_url}")
    return Path(unquote(parts.path)) / "exports"


def request_export(
    session: Session,
    *,
    actor: Actor,
    kind: str,
    form: str,
    given: Mapping[str, str],
    now: datetime,
    organisation_id: UUID | None = None,
) -> ExportRun:
    """Ask for a file; the caller puts the run's id into the queue after the commit.

    Raises Forbidden, NotFound, InvalidInput (export.form_unknown and those of `checked_options`),
    Conflict(export.too_many).
    """
    actor.require("report.export")
    unit = access.unit(session, actor, "declaration.view", organisation_id)
    if form not in FORMS:
        raise InvalidInput("export.form_unknown", field="form")
    options = checked_options(kind, given, today=calendar.on_date(now))
    open_now = select(ExportRun.id).where(
        ExportRun.requested_by == actor.author, ExportRun.state.in_(WAITING)
    )
    if len(session.scalars(open_now.limit(OPEN_MAX)).all()) == OPEN_MAX:
        raise Conflict("export.too_many", most=OPEN_MAX)
    run = ExportRun(
        id=new_id(session, now),
        organisation_id=unit.id,
        kind=kind,
        form=form,
        options=options,
        state="queued",
        requested_by=actor.author,
        requested_from_id=actor.organisation_id,
        requested_at=now,
    )
    session.add(run)
    session.flush()
    return run


def cancel_export(session: Session, *, actor: Actor, run_id: UUID, now: datetime) -> ExportRun:
    """Stop a run: one that waits ends at once, one that works at its next look at this flag.

    Raises Forbidden, NotFound, Conflict(export.over).
    """
    run = export(session, actor=actor, run_id=run_id, lock=True)
    if run.state not in WAITING:
        raise Conflict("export.over", state=run.state)
    run.cancel_requested = True
    if run.state == "queued":
        run.state, run.finished_at = "cancelled", now
    session.flush()
    return run


def export(session: Session, *, actor: Actor, run_id: UUID, lock: bool = False) -> ExportRun:
    """A run that the actor's unit asked for and whose subject the actor may still see.

    Raises Forbidden, NotFound.
    """
    actor.require("report.export")
    run = session.get(ExportRun, run_id, with_for_update=lock)
    if run is None or run.requested_from_id != actor.organisation_id:
        raise NotFound("object.not_found")
    if actor.organisation_id is None and run.requested_by != actor.author:
        raise NotFound("object.not_found")
    access.unit(session, actor, "declaration.view", run.organisation_id)
    return run


def exports(session: Session, *, actor: Actor, limit: int = 30) -> list[tuple[ExportRun, Organisation]]:
    """What the actor's unit (an authority: the person) asked for, the newest first."""
    actor.require("report.export")
    mine = (
        ExportRun.requested_from_id == actor.organisation_id
        if actor.organisation_id is not None
        else ExportRun.requested_by == actor.author
    )
    query = (
        select(ExportRun, Organisation)
        .join(Organisation, Organisation.id == ExportRun.organisation_id)
        .where(mine)
        .order_by(ExportRun.requested_at.desc(), ExportRun.id.desc())
    )
    return [(run, unit) for run, unit in session.execute(query.limit(limit))]


def file_of(session: Session, *, actor: Actor, run_id: UUID, folder: Path) -> tuple[ExportRun, Path]:
    """The finished file of a run. Raises Forbidden, NotFound(object.not_found, export.gone)."""
    run = export(session, actor=actor, run_id=run_id)
    path = folder / f"{run.id}"
    if run.state != "done" or not path.is_file():
        raise NotFound("export.gone")
    return run, path


def requeue_exports(session: Session, *, now: datetime) -> list[UUID]:
    """The runs to be queued again: their worker is gone, or they never reached the queue."""
    return leases.requeue(session, ExportRun, lost="export.worker_lost", now=now)


def purge_exports(session: Session, *, folder: Path, now: datetime) -> int:
    """Delete the files whose days are over; how many. The rows stay."""
    query = select(ExportRun).where(
        ExportRun.state == "done", ExportRun.keep_until_on < calendar.on_date(now)
    )
    gone = 0
    for run in session.scalars(query.with_for_update()):
        (folder / f"{run.id}").unlink(missing_ok=True)
        run.state = "expired"
        gone += 1
    session.flush()
    return gone


def execute_export(
    database: Database, *, run_id: UUID, folder: Path, write: Write, now: Callable[[], datetime]
) -> bool:
    """Do one run for the worker; whether its file is there now. Harmless to call twice."""
    held = _Held.take(database, run_id, now)
    if held is None:
        return False
    try:
        return held.work(folder, write)
    except Stopped:
        held.end("cancelled", "")
    except RuleViolation as reason:
        held.end("failed", reason.code)
    except Exception as fault:
        held.end("failed", "export.failed")
        raise fault
    return False


class _Held:
    """A run that this process works on, by its attempt."""

    def __init__(
        self, database: Database, run: ExportRun, unit: Organisation, now: Callable[[], datetime]
    ) -> None:
        self.database, self.unit, self.now = database, unit, now
        self.run_id, self.attempt, self.form = run.id, run.attempt, run.form
        self.wanted = Wanted(unit, run.kind, dict(run.options), now(), self.on_reading)
        self.beaten_at = now()

    @classmethod
    def take(cls, database: Database, run_id: UUID, now: Callable[[], datetime]) -> _Held | None:
        with database.transaction() as session:
            run = leases.take(session, ExportRun, run_id, at=now())
            if run is None:
                return None
            return cls(database, run, session.get_one(Organisation, run.organisation_id), now)

    def work(self, folder: Path, write: Write) -> bool:
        with self.database.reading() as session:
            document = compose(session, self.wanted)
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=".part-")
        try:
            with os.fdopen(handle, "w+b") as file:
                write(document, self.form, file, self.on_writing)
                size = file.seek(0, os.SEEK_END)
                file.seek(0)
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            return self.finish(folder, Path(name), document, size, digest)
        finally:
            Path(name).unlink(missing_ok=True)

    def finish(self, folder: Path, made: Path, document: Document, size: int, digest: str) -> bool:
        """The file takes its place in the transaction that sees the run still held."""
        at = self.now()
        with self.database.transaction() as session:
            run = self.still_mine(session)
            days = reference.legal_limit(session, "export_keep_days", calendar.on_date(at))
            run.state, run.finished_at = "done", at
            run.progress_done = run.progress_total = max(document.size, 1)
            run.file_name = f"{document.name}.{FORMS[self.form]}"[-120:]
            run.file_bytes, run.file_sha256 = size, digest
            run.keep_until_on = calendar.on_date(at) + timedelta(days=days)
            os.replace(made, folder / f"{run.id}")
        return True

    def still_mine(self, session: Session) -> ExportRun:
        run = session.get(ExportRun, self.run_id, with_for_update=True)
        if run is None or run.state != "running" or run.attempt != self.attempt or run.cancel_requested:
            raise Stopped(str(self.run_id))
        return run

    # Reading the log is the first half of the work, writing the file the second.
    def on_reading(self, done: int, total: int) -> None:
        self.beat(done * 500 // max(total, 1))

    def on_writing(self, done: int, total: int) -> None:
        self.beat(500 + done * 500 // max(total, 1))

    def beat(self, permille: int) -> None:
        """Tell the table how far the work is, and hear whether somebody wants it stopped."""
        at = self.now()
        if at - self.beaten_at < BEAT:
            return
        self.beaten_at = at
        values: dict[str, Any] = {"heartbeat_at": at, "lease_until_at": at + LEASE}
        values |= {"progress_done": permille, "progress_total": 1000}
        mine = (ExportRun.id == self.run_id) & (ExportRun.attempt == self.attempt)
        with self.database.transaction() as session:
            changed = session.execute(
                update(ExportRun)
                .where(mine, ExportRun.state == "running")
                .values(**values)
                .returning(ExportRun.cancel_requested)
            ).one_or_none()
        if changed is None or changed[0]:
            raise Stopped(str(self.run_id))

    def end(self, state: str, failure: str) -> None:
        with self.database.transaction() as session:
            run = session.get(ExportRun, self.run_id, with_for_update=True)
            if run is None or run.state != "running" or run.attempt != self.attempt:
                return
            run.state, run.failure, run.finished_at = state, failure, self.now()
