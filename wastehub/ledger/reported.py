"""Facts that a phone reported carry its mark: inside `reported` every entry names device, number and text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from . import appending
from .events import Event, Receipt

_MARK = "ledger.reported"


@contextmanager
def reported(session: Session, mark: Mapping[str, Any]) -> Iterator[None]:
    """What is appended inside has these facts beside its own: "device", "device_seq", "device_event"."""
    before = session.info.get(_MARK)
    session.info[_MARK] = mark
    try:
        yield
    finally:
        session.info[_MARK] = before


def append(session: Session, events: Sequence[Event], *, now: datetime) -> list[Receipt]:
    """See appending.append."""
    mark = session.info.get(_MARK)
    if mark:
        events = [replace(event, facts={**event.facts, **mark}) for event in events]
    return appending.append(session, events, now=now)


append.__doc__ = appending.append.__doc__
