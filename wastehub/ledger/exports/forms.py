"""One function for every form in which entries leave the house."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from sqlalchemy.orm import Session

from ..audit import take_snapshot
from . import epcis, hj1259, tables
from .bundles import STOPPED, sealed_at, write_bundle
from .scopes import Scope
from .telling import told

# Form -> ending of the file.
FORMS = {"bundle": "zip", "csv": "csv", "epcis": "jsonld", "hj1259": "zip"}


def write(session: Session, out: IO[bytes], *, form: str, scope: Scope, policy: str) -> str:
    """Write the entries of a scope, as far as they are sealed; a sentence about what was written.

    Hand over a fresh session. Raises NothingSealed, UnknownScope, LedgerDamaged; KeyError for another form.
    """
    if form == "bundle":
        made = write_bundle(session, out, scope=scope, policy=policy)
        without = f"; posting stands still, so without balances ({STOPPED})" if made.stopped else ""
        return f"{made.scope}, {made.entries} entries, checkpoint {made.root}{without}"
    take_snapshot(session)
    return _TELLERS[form](session, out, scope)


def _epcis(session: Session, out: IO[bytes], scope: Scope) -> str:
    checkpoint = sealed_at(session, None)
    entries = told(session, scope=scope, size=checkpoint.size)
    for piece in epcis.document(entries, created_at=checkpoint.at.isoformat(timespec="seconds")):
        out.write(piece)
    return f"EPCIS 2.0, {scope}, of the first {checkpoint.size} entries"


def _hj1259(session: Session, out: IO[bytes], scope: Scope) -> str:
    checkpoint = sealed_at(session, None)
    count = hj1259.write(told(session, scope=scope, size=checkpoint.size), out)
    return f"HJ 1259-2022 B.1-B.5, {scope}, {count} rows"


def _csv(session: Session, out: IO[bytes], scope: Scope) -> str:
    checkpoint = sealed_at(session, None)
    for piece in tables.csv_of(told(session, scope=scope, size=checkpoint.size)):
        out.write(piece)
    return f"CSV, {scope}, of the first {checkpoint.size} entries"


_TELLERS: dict[str, Callable[[Session, IO[bytes], Scope], str]] = {
    "csv": _csv,
    "epcis": _epcis,
    "hj1259": _hj1259,
}
