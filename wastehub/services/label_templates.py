"""The label's template: what the standard leaves open, decided by an administrator from a day on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

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
    """The template of a day: the newest decision that has begun, else the default."""
    row = label_keys.template_on(session, on)
    return label_templates.DEFAULT if row is None else label_templates.of_content(row.content)


def decisions(session: Session, *, actor: Actor) -> list[LabelTemplate]:
    """All decisions, the newest first."""
    actor.require("reference.manage")
    return label_keys.templates(session)


def decide(
    session: Session,
    *,
    actor: Actor,
    content: Mapping[str, Any],
    valid_from: date,
    reason: str,
    now: datetime,
) -> LabelTemplate:
    """A new template from a day on, today or later; labels printed before keep what they say.

    Raises Forbidden, InvalidInput: label_template.past, label_template.*, text.missing,
    text.character_not_printable.
    """
    actor.require("reference.manage")
    why = texts.clean(reason, field="reason", longest=REASON_LONGEST, required=True)
    today = calendar.on_date(now)
    if valid_from < today:
        raise InvalidInput("label_template.past", field="valid_from", given=valid_from, today=today)
    template = label_templates.of_content(content)
    for key, caption in template.captions.items():
        labels.require_printable(caption, label_font.coverage(), f"caption_{key}")
    earlier = [row.edition for row in label_keys.templates(session) if row.valid_from == valid_from]
    row = LabelTemplate(
        id=new_id(session, now),
        valid_from=valid_from,
        edition=max(earlier, default=0) + 1,
        content=template.content(),
        reason=why,
        decided_by=actor.author,
        decided_at=now,
    )
    session.add(row)
    session.flush()
    facts = {"valid_from": valid_from.isoformat(), "edition": row.edition, "reason": why, **row.content}
    event = ledger.Event(
        "label_template.decided", actor.author, "service", now, subject=valid_from.isoformat(), facts=facts
    )
    ledger.append(session, [event], now=now)
    return row
