"""Erasing personal data: salt and value go, the commitments stay, and an entry says what was erased and why.

Without its 128 bits of salt a value cannot be guessed back from the commitment; the leaf that holds the
commitment verifies for ever.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from wastehub.db import Database

from . import canonical
from .appending import SERVICE_SITE, append
from .events import Event, Receipt
from .rows import rows_in
from .store import EntryRow, PrivateBlobRow

ERASED = "personal.erased"
# About 60 bytes each: well inside a leaf.
COMMITMENTS_AN_ENTRY = 150


class NothingToErase(LookupError):
    """No such personal data, or it was erased before."""


def commitments_about(session: Session, *, subject: str) -> list[bytes]:
    """The commitments in the entries about a subject, in log order."""
    leaves = session.scalars(select(EntryRow.leaf).where(EntryRow.subject == subject).order_by(EntryRow.idx))
    found = [text for leaf in leaves for text in canonical.loads(leaf)["ev"]["pd"].values()]
    return [base64.b64decode(text) for text in dict.fromkeys(found)]


def read_commitment(text: str) -> bytes:
    """The commitment of its base64 form, as entries show it. Raises NothingToErase."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if len(data) != 32:
        raise NothingToErase(f"{text!r} is no commitment: 32 bytes in base64, as the field pd of an entry")
    return data


def erase(
    session: Session, *, commitments: Iterable[bytes], basis: str, author: str, now: datetime
) -> list[Receipt]:
    """Delete the salts and values behind the commitments and log that they are gone.

    `basis`: the legal ground, in plain words. Raises NothingToErase when none of them holds a value.
    """
    wanted = list(dict.fromkeys(commitments))
    statement = select(PrivateBlobRow.commitment).where(PrivateBlobRow.value.is_not(None))
    held = {bytes(row[0]) for row in rows_in(session, statement, PrivateBlobRow.commitment, wanted)}
    gone = [each for each in wanted if each in held]
    if not gone:
        raise NothingToErase("no personal value is held under these commitments")
    if session.get_bind().dialect.name == "sqlite":
        # Freed bytes are overwritten with zeros, not only forgotten.
        session.connection().exec_driver_sql("PRAGMA secure_delete=ON")
    for each in gone:
        session.execute(
            update(PrivateBlobRow)
            .where(PrivateBlobRow.commitment == each)
            .values(salt=None, value=None)
            .execution_options(synchronize_session=False)
        )
    return append(session, _entries(gone, basis, author, now), now=now)


def _entries(gone: Sequence[bytes], basis: str, author: str, now: datetime) -> list[Event]:
    texts = [base64.b64encode(each).decode() for each in gone]
    parts = [texts[at : at + COMMITMENTS_AN_ENTRY] for at in range(0, len(texts), COMMITMENTS_AN_ENTRY)]
    return [
        Event(ERASED, author, SERVICE_SITE, now, facts={"commitments": part, "basis": basis})
        for part in parts
    ]


def sweep(database: Database) -> bool:
    """Take erased values out of the files beside the tables, too: the write-ahead log of SQLite, the dead
    rows of PostgreSQL. Call it after the commit; False when a reader of SQLite stood in the way: call again.

    Backups made earlier keep what they hold.
    """
    if database.engine.dialect.name != "sqlite":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"VACUUM FULL {PrivateBlobRow.__tablename__}")
        return True
    raw = database.engine.raw_connection()
    try:
        # Outside any transaction, which the engine's own connections would begin.
        (busy, _, _) = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
    finally:
        raw.close()
