"""The same fill under a new code; the old one is dead from then on."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ... import ledger
from ...domain import batch_lifecycle, label_codes, label_lives, labels, reasons, texts, waste_codes
from ...domain.actors import Actor
from ...domain.errors import Conflict, NotFound
from ...models import batches
from ...models.batches import Container, batch_key
from ...models.label_lives import RetiredLabel
from ...models.numbers import take_numbers
from ...models.versioned import require_version

NOTE_LONGEST = 300


def replace_label(
    session: Session,
    *,
    actor: Actor,
    container_id: UUID,
    reason: str,
    note: str,
    version: int | None,
    now: datetime,
) -> RetiredLabel:
    """Give a fill a new code of its unit, code and day; the old one stays known as dead, with its successor.

    The new label is a draft until it is printed; at the firm the container cannot be loaded before that.
    Raises Forbidden, NotFound, StaleVersion, InvalidInput (reason.*, text.*), Conflict
    (label.not_replaceable, label.case_open, label.running_exhausted).
    """
    actor.require("label.replace")
    row = batches.containers_by_id(session, [container_id], lock=True).get(container_id)
    if row is None:
        raise NotFound("object.not_found")
    _require_before_him(actor, row)
    require_version(row, version)
    said = texts.clean(note, field="note", longest=NOTE_LONGEST)
    why = reasons.require("label_replace", reason, note=said)
    if row.state not in label_lives.REPLACEABLE:
        raise Conflict("label.not_replaceable", label_code=row.label_code, state=row.state)
    if ledger.open_cases(session, label=row.label_code):
        # The case names the code: it is settled under that name first.
        raise Conflict("label.case_open", label_code=row.label_code)
    dead = RetiredLabel(
        code=row.label_code,
        container_id=row.id,
        successor=_next_code(session, row),
        short_no=row.short_no,
        prints=row.prints,
        reason=why.code,
        note=said,
        retired_by=actor.author,
        retired_at=now,
    )
    session.add(dead)
    row.label_code, row.short_no, row.prints = dead.successor, _next_number(session, row), 0
    if row.state == "labelled":
        row.state = batch_lifecycle.next_state(row.state, "replace_label")
    session.flush()
    [receipt] = ledger.append(session, [_event(actor, row, dead, now)], now=now)
    if not receipt.posted:
        raise Conflict("ledger.not_posted", reason=receipt.held_reason)
    return dead


def _require_before_him(actor: Actor, row: Container) -> None:
    """The firm at home, the platform in its store. Raises NotFound."""
    if actor.role == "enterprise":
        actor.require_own(row.batch.enterprise_id)
    else:
        actor.require_own(row.holder_id)


def _next_code(session: Session, row: Container) -> str:
    """The next code of the same unit, waste code and day (HJ 1276-2022: 999 a day)."""
    batch, firm = row.batch, row.batch.enterprise
    series = f"label/{firm.credit_code}/{waste_codes.digits(batch.waste_code)}/{batch.produced_on:%Y%m%d}"
    [running] = take_numbers(session, {series: 1})[series]
    return labels.identification_code(
        firm.credit_code or firm.code, batch.waste_code, batch.produced_on, running
    )


def _next_number(session: Session, row: Container) -> int:
    """A human code that neither a living nor a dead label has."""
    for attempt in count(1):
        number = label_codes.draw_number(row.id, attempt)
        alive = select(Container.id).where(Container.short_no == number)
        dead = select(RetiredLabel.code).where(RetiredLabel.short_no == number)
        with session.no_autoflush:
            if session.scalar(alive) is None and session.scalar(dead) is None:
                return number
    raise AssertionError("there is always another number")


def _event(actor: Actor, row: Container, dead: RetiredLabel, now: datetime) -> ledger.Event:
    batch = row.batch
    key = batch_key(batch.enterprise, batch)
    return ledger.Event(
        type="label.replaced",
        author=actor.author,
        site=batch.enterprise.site,
        at=now,
        subject=batch.batch_no,
        lines=(
            ledger.Line(label=dead.code, batch=key, code=batch.waste_code),
            ledger.Line(label=dead.successor, batch=key, code=batch.waste_code),
        ),
        facts={"reason": dead.reason, "note": dead.note, "prints": dead.prints},
    )
