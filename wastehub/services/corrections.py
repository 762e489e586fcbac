"""Corrections after the hand-over: one side proposes, the other agrees, the ledger gets a counter-act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from .. import ledger
from ..db import new_id
from ..domain import calendar, quantities, receiving, texts
from ..domain.actors import Actor
from ..domain.errors import Conflict, InvalidInput, NotFound
from ..models import batches, organisations, reference
from ..models.batches import Container, batch_key
from ..models.corrections import Correction
from ..models.organisations import Organisation
from ..models.versioned import require_version

REASON_LONGEST = 300
CORRECTABLE = ("stored", "in_lot", "at_plant")


@dataclass(frozen=True)
class CorrectionRow:
    """A proposal with what it is about."""

    correction: Correction
    container: Container
    proposer: Organisation
    counterparty: Organisation


def propose(
    session: Session, *, actor: Actor, container_id: UUID, proposed_g: int, reason: str, now: datetime
) -> Correction:
    """Say that the mass on record is wrong; nothing changes until the other side agrees (F90).

    The two sides are the enterprise of origin and the present holder. Raises NotFound, InvalidInput
    (mass.*, text.*, correction.nothing_changes), Conflict (correction.not_handed_over,
    correction.already_proposed, correction.difference_settled).
    """
    actor.require("correction.propose")
    container = batches.containers_by_id(session, [container_id], lock=True).get(container_id)
    if container is None:
        raise NotFound("object.not_found")
    actor.require_own(container.batch.enterprise_id, container.holder_id)
    if container.state not in CORRECTABLE or container.holder_id is None:
        raise Conflict("correction.not_handed_over", state=container.state)
    _require_mass(proposed_g, container)
    _require_books(session)
    _require_open_weighing(session, container)
    pending = select(Correction).where(
        Correction.container_id == container.id, Correction.state == "proposed"
    )
    if session.scalar(pending) is not None:
        raise Conflict("correction.already_proposed")
    sides = [container.batch.enterprise_id, container.holder_id]
    own = next(side for side in sides if side == actor.organisation_id)
    made = Correction(
        id=new_id(session, now),
        container_id=container.id,
        state="proposed",
        present_g=container.mass_g,
        proposed_g=proposed_g,
        reason=texts.clean(reason, field="reason", longest=REASON_LONGEST, required=True),
        proposer_id=own,
        counterparty_id=next(side for side in sides if side != own),
        proposed_by=actor.author,
        proposed_at=now,
    )
    session.add(made)
    session.flush()
    return made


def _require_books(session: Session) -> None:
    """A counter-act names what the books say; while posting stands still they say nothing new."""
    if ledger.posting_stopped(session) is not None:
        raise Conflict("books.stopped")


def _require_open_weighing(session: Session, container: Container) -> None:
    """A weighing whose difference was explained and settled is history: its grams have left suspense."""
    label = container.label_code
    weighing = ledger.label_states(session, [label])[label].weighing
    open_keys = {each.key for each in ledger.open_cases(session, label=label)}
    if weighing is not None and weighing.case and weighing.case not in open_keys:
        raise Conflict("correction.difference_settled", label_code=label)


def _require_mass(proposed_g: int, container: Container) -> None:
    quantities.require_mass_g(proposed_g, field="proposed_g")
    if proposed_g == container.mass_g:
        raise InvalidInput("correction.nothing_changes", field="proposed_g", mass_g=proposed_g)


def agree(
    session: Session, *, actor: Actor, correction_id: UUID, version: int | None, now: datetime
) -> Correction:
    """The other side agrees: the books get a counter-act, the record the new mass.

    Raises NotFound, StaleVersion, Conflict (correction.decided, correction.superseded,
    correction.difference_settled).
    """
    row = _pending(session, actor, correction_id, version)
    container = batches.containers_by_id(session, [row.container_id], lock=True)[row.container_id]
    holds = container.holder_id in (row.proposer_id, row.counterparty_id)
    if not holds or container.mass_g != row.present_g or container.state not in CORRECTABLE:
        raise Conflict("correction.superseded", present_g=container.mass_g)
    _require_books(session)
    _require_open_weighing(session, container)
    row.state, row.decided_by, row.decided_at = "agreed", actor.author, now
    container.mass_g = container.measured_g = row.proposed_g
    session.flush()
    (receipt,) = ledger.append(session, [_counter_act(session, actor, row, container, now)], now=now)
    assert receipt.posted, f"judged acceptable, held by the books: {receipt}"
    return row


def _counter_act(
    session: Session, actor: Actor, row: Correction, container: Container, now: datetime
) -> ledger.Event:
    on = calendar.on_date(now)
    limits = reference.legal_limits(session, on)
    state = ledger.label_states(session, [container.label_code])[container.label_code]
    batch = container.batch
    return ledger.Event(
        type="mass.corrected",
        author=actor.author,
        site=state.place,
        at=now,
        subject=batch.batch_no,
        lines=(
            ledger.Line(
                label=container.label_code,
                batch=batch_key(batch.enterprise, batch),
                code=batch.waste_code,
                mass_g=row.proposed_g,
                basis="weighed",
                reason=row.reason,
            ),
        ),
        facts={
            "corrects": state.mass_event,
            "proposed_by": row.proposed_by,
            "tolerance_floor_g": limits["tolerance_floor_g"],
            "tolerance_ppm": limits["tolerance_weighed_ppm"],
            "tolerance_estimated_ppm": limits["tolerance_estimated_ppm"],
            "case_due_on": (on + timedelta(days=receiving.CASE_DUE_DAYS)).isoformat(),
        },
    )


def decline(
    session: Session, *, actor: Actor, correction_id: UUID, version: int | None, now: datetime
) -> Correction:
    """The other side does not agree: the record stays as it is."""
    row = _pending(session, actor, correction_id, version)
    row.state, row.decided_by, row.decided_at = "declined", actor.author, now
    session.flush()
    return row


def _pending(session: Session, actor: Actor, correction_id: UUID, version: int | None) -> Correction:
    actor.require("correction.agree")
    row = session.get(Correction, correction_id)
    if row is None:
        raise NotFound("object.not_found")
    actor.require_own(row.counterparty_id)
    require_version(row, version)
    if row.state != "proposed":
        raise Conflict("correction.decided", state=row.state)
    return row


def corrections_of(session: Session, *, actor: Actor) -> Sequence[CorrectionRow]:
    """Proposals of or to one's own unit, the undecided first."""
    actor.require("correction.propose")
    query = (
        select(Correction)
        .where(
            (Correction.proposer_id == actor.organisation_id)
            | (Correction.counterparty_id == actor.organisation_id)
        )
        .order_by(Correction.state != "proposed", Correction.proposed_at.desc())
        .limit(200)
    )
    rows = list(session.scalars(query))
    containers = batches.containers_by_id(session, [row.container_id for row in rows])
    units = organisations.organisations_by_id(
        session, list({key for row in rows for key in (row.proposer_id, row.counterparty_id)})
    )
    return [
        CorrectionRow(row, containers[row.container_id], units[row.proposer_id], units[row.counterparty_id])
        for row in rows
    ]
