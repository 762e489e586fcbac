"""The file of a broken phone, handed in by the office: the phone's signatures decide, not who brings it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from ...domain import field_events
from ...domain.actors import Actor
from ...domain.errors import InvalidInput, NotFound
from ...domain.field_events import Seen
from ...domain.unsent_files import Saved, UnsentFile
from ...models import field as rows
from ...models.field import Device
from .. import photos
from .devices import detail
from .intake import Sent, Verdict, take_in_saved
from .seals import Seals

Opener = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Line:
    """One record of the file with its answer. `before`: the platform had it already, nothing was done again.

    `kind`, `said_at`: as far as the text can be read.
    """

    verdict: Verdict
    kind: str
    said_at: datetime | None
    before: bool


@dataclass(frozen=True, slots=True)
class HandedIn:
    """`device`: as it stands after it. `seen`: checkpoints that the records name, as of an upload."""

    device: Device
    lines: Sequence[Line]
    seen: Sequence[Seen]

    def count(self, outcome: str, *, before: bool = False) -> int:
        return sum(each.verdict.outcome == outcome and each.before == before for each in self.lines)

    @property
    def before(self) -> int:
        return sum(each.before for each in self.lines)


def hand_in(
    reading: Opener,
    transaction: Opener,
    *,
    actor: Actor,
    file: UnsentFile,
    folder: Path,
    seals: Seals,
    now: datetime,
) -> list[HandedIn]:
    """Take in what a phone had saved: an answer for every record, in the order of the file.

    All its phones must be the actor's to see; else nothing is done. Twice is harmless.
    Raises Forbidden, NotFound("unsent_file.foreign_phone").
    """
    actor.require("device.hand_in")
    with reading() as session:
        for phone in file.phones:
            _require_own(session, actor, phone)
    _keep_pictures(transaction, actor, file, folder, now)
    return [_taken(reading, transaction, actor, phone, seals, now) for phone in file.phones]


def _require_own(session: Session, actor: Actor, phone: Saved) -> None:
    try:
        detail(session, actor=actor, device_id=phone.device_id)
    except NotFound as unknown:
        raise NotFound("unsent_file.foreign_phone", field="file", device=str(phone.device_id)) from unknown


def _keep_pictures(transaction: Opener, actor: Actor, file: UnsentFile, folder: Path, now: datetime) -> None:
    """Pictures that the records name; others in the file are nobody's. Before the records, as phones do.

    A record does not wait for a picture that is none: it carries its hash, and the picture is missing.
    """
    named = {_photo(text) for phone in file.phones for text, _ in phone.events}
    for sha256, data in file.pictures.items():
        if sha256 in named:
            with contextlib.suppress(InvalidInput), transaction() as session:
                photos.store_handed_in(session, actor=actor, data=data, folder=folder, now=now)


def _photo(text: str) -> str:
    try:
        return field_events.parse(text).body.sha256_or_none("photo_sha256") or ""
    except InvalidInput:
        return ""


def _taken(
    reading: Opener, transaction: Opener, actor: Actor, phone: Saved, seals: Seals, now: datetime
) -> HandedIn:
    lines: list[Line] = []
    seen: list[Seen] = []
    for start in range(0, len(phone.events), field_events.EVENTS_MAX):
        part = phone.events[start : start + field_events.EVENTS_MAX]
        with reading() as session:
            known = _known(session, phone, part)
        answer = take_in_saved(
            reading,
            transaction,
            actor=actor,
            device_id=phone.device_id,
            events=[Sent(text, sig) for text, sig in part],
            seals=seals,
            now=now,
        )
        seen += answer.seen
        lines += [
            _line(text, verdict, known) for (text, _), verdict in zip(part, answer.verdicts, strict=True)
        ]
    with reading() as session:
        return HandedIn(detail(session, actor=actor, device_id=phone.device_id), lines, seen)


def _known(session: Session, phone: Saved, part: Sequence[tuple[str, str]]) -> set[str]:
    """Hashes of those texts that were kept before."""
    named = [field_events.named(text) for text, _ in part]
    ids, seqs = [key for key, _ in named if key], [seq for _, seq in named if seq]
    return {row.sha256 for row in rows.known_events(session, phone.device_id, ids, seqs)}


def _line(text: str, verdict: Verdict, known: set[str]) -> Line:
    kind, said_at = _said(text)
    return Line(verdict, kind, said_at, _hash(text) in known)


def _said(text: str) -> tuple[str, datetime | None]:
    try:
        event: Any = field_events.parse(text)
    except InvalidInput as fault:
        event = field_events.skeleton(text, fault)
    return (event.kind, event.at) if event else ("", None)


def _hash(text: str) -> str:
    try:
        return field_events.sha256(text)
    except UnicodeEncodeError:
        return ""
