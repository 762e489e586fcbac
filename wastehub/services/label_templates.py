"""The label's template: what the standard leaves open, decided by an administrator from a day on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from .. import ledger
from ..db import new_id
from ..domain import calendar, label_templates, labels, texts
from ..domain.actors import Actor
from ..domain.errors import InvalidInput
from ..models import label_font, label_keys
from ..models.label_keys import LabelTemplate

REASON_LONGEST = 300


def in_force(session: Session, *, on: date) -> label_templates.LabelTemplate:
    """The template of a day: the default with every decision that has begun."""
    return _on(label_keys.templates(session), on)


def _on(rows: Sequence[LabelTemplate], on: date) -> label_templates.LabelTemplate:
    """`rows`: the newest first."""
    return label_templates.composed(row.content for row in reversed(rows) if row.valid_from <= on)


def decisions(session: Session, *, actor: Actor) -> list[LabelTemplate]:
    """All decisions, the newest first."""
    actor.require("reference.manage")
    return label_keys.templates(session)


def planned(session: Session, *, after: date) -> dict[str, tuple[date, str]]:
    """By field the next value that is to be read on a label from a later day on, and that day."""
    rows = label_keys.templates(session)
    found: dict[str, tuple[date, str]] = {}
    before = label_templates.shown(_on(rows, after))
    for day in sorted({row.valid_from for row in rows if row.valid_from > after}):
        then = label_templates.shown(_on(rows, day))
        for name, text in then.items():
            if text != before[name]:
                found.setdefault(name, (day, text))
        before = then
    return found


def decide(
    session: Session,
    *,
    actor: Actor,
    values: Mapping[str, str],
    seen: Mapping[str, str],
    valid_from: date,
    reason: str,
    now: datetime,
) -> LabelTemplate:
    """Change captions and grounds from a day on, today or later; labels printed before keep what they say.

    `values` by the names of `label_templates.shown`; `seen`: what the form showed when it was opened. What
    is still as it was shown is left alone, also what is decided for other days.
    Raises Forbidden, InvalidInput: label_template.past, label_template.*, text.missing,
    text.character_not_printable; Conflict: label_template.changed_meanwhile.
    """
    actor.require("reference.manage")
    why = texts.clean(reason, field="reason", longest=REASON_LONGEST, required=True)
    today = calendar.on_date(now)
    if valid_from < today:
        raise InvalidInput("label_template.past", field="valid_from", given=valid_from, today=today)
    rows = label_keys.templates(session)
    present = _on(rows, valid_from)
    before, changed = label_templates.shown(present), label_templates.changes(values, seen, present)
    for name, text in changed.items():
        labels.require_printable(text, label_font.coverage(), name)
    row = LabelTemplate(
        id=new_id(session, now),
        valid_from=valid_from,
        edition=max((each.edition for each in rows if each.valid_from == valid_from), default=0) + 1,
        content={"changed": changed},
        reason=why,
        decided_by=actor.author,
        decided_at=now,
    )
    session.add(row)
    session.flush()
    ledger.append(session, [_event(row, {name: before[name] for name in changed})], now=now)
    return row


def _event(row: LabelTemplate, before: Mapping[str, str]) -> ledger.Event:
    on = row.valid_from.isoformat()
    facts = {
        "valid_from": on,
        "edition": row.edition,
        "reason": row.reason,
        "from": before,
        "to": row.content["changed"],
    }
    return ledger.Event(
        "label_template.decided", row.decided_by, "service", row.decided_at, subject=on, facts=facts
    )
