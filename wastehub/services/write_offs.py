"""Losses 损耗 and spills 泄漏: grams that leave a container in a store without being treated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from .. import ledger
from ..db import new_id
from ..domain import batch_lifecycle, quantities, reasons, texts
from ..domain.actors import Actor
from ..domain.errors import Conflict, InvalidInput, NotFound
from ..models import batches, organisations, write_offs
from ..models.batches import Container, batch_key
from ..models.organisations import Organisation
from ..models.versioned import require_version
from ..models.write_offs import WriteOff

NOTE_LONGEST = 300
STANDING = ("stored", "at_plant")
SPILLED = "spill"


@dataclass(frozen=True)
class LossDraft:
    """Grams that are gone from one container. `reason` of reasons.LOSS; "spill" makes it an incident."""

    actor: Actor
    container_id: UUID
    mass_g: int
    reason: str
    note: str = ""
    version: int | None = None


def declare(session: Session, *, draft: LossDraft, now: datetime) -> WriteOff:
    """Declare a loss (evaporation, moisture, residue) or a spill of a container in the own store.

    Raises Forbidden, NotFound, StaleVersion, InvalidInput (mass.*, loss.more_than_content, reason.*,
    text.*), Conflict (container.not_in_store). Source: HJ 1259-2022, notes to B.2 and B.3; Solid Waste Law
    Art. 86 (an incident is reported).
    """
    draft.actor.require("loss.declare")
    row = _standing(session, draft.actor, draft.container_id, draft.version)
    quantities.require_mass_g(draft.mass_g, field="mass_g")
    if draft.mass_g > row.mass_g:
        raise InvalidInput("loss.more_than_content", field="mass_g", mass_g=draft.mass_g, there_g=row.mass_g)
    note = texts.clean(draft.note, field="note", longest=NOTE_LONGEST)
    reasons.require("loss", draft.reason, note=note, photos=1)
    assert row.holder_id is not None
    made = WriteOff(
        id=new_id(session, now),
        container_id=row.id,
        holder_id=row.holder_id,
        kind="spill" if draft.reason == SPILLED else "loss",
        mass_g=draft.mass_g,
        reason=draft.reason,
        note=note,
        operator=draft.actor.author,
        declared_at=now,
    )
    made.container, made.holder = row, _holder(session, row.holder_id)
    row.mass_g -= draft.mass_g
    if not row.mass_g:
        row.state = batch_lifecycle.next_state(row.state, "lose_all")
        row.holder_id = row.zone_id = None
    session.add(made)
    session.flush()
    for receipt in ledger.append(session, [_declared(made, now)], now=now):
        assert receipt.posted, f"judged acceptable, held by the books: {receipt}"
    return made


def reverse(session: Session, *, actor: Actor, write_off_id: UUID, reason: str, now: datetime) -> WriteOff:
    """Take a declared loss back, to the gram, while nothing rests on it.

    Raises Forbidden, NotFound, InvalidInput (text.*), Conflict (loss.reversed_before, loss.not_reversible).
    """
    actor.require("loss.declare")
    made = write_offs.write_off_by_id(session, write_off_id, lock=True)
    if made is None:
        raise NotFound("object.not_found")
    actor.require_own(made.holder_id)
    why = texts.clean(reason, field="reason", longest=NOTE_LONGEST, required=True)
    if made.reversed_at is not None:
        raise Conflict("loss.reversed_before", label_code=made.container.label_code)
    if not reversible(session, made):
        raise Conflict("loss.not_reversible", label_code=made.container.label_code)
    row = batches.containers_by_id(session, [made.container_id], lock=True)[made.container_id]
    if row.state == "lost":
        row.state = "at_plant" if made.holder.kind == "plant" else "stored"
        row.holder_id = made.holder_id
    row.mass_g += made.mass_g
    made.reversed_at, made.reversed_by, made.reversed_why = now, actor.author, why
    session.flush()
    for receipt in ledger.append(session, [_reversed(made, actor, why, now)], now=now):
        assert receipt.posted, f"judged acceptable, held by the books: {receipt}"
    return made


def reversible(session: Session, made: WriteOff) -> bool:
    """Whether it was the last thing that happened to the container."""
    label = made.container.label_code
    state = ledger.label_states(session, [label]).get(label)
    return made.reversed_at is None and state is not None and state.loaded_by == str(made.id)


def of_container(session: Session, *, actor: Actor, container_id: UUID) -> tuple[Container, list[WriteOff]]:
    """A container that may be declared lost, and what was declared of it. Raises NotFound, Conflict."""
    actor.require("loss.declare")
    row = _standing(session, actor, container_id, None, lock=False)
    return row, write_offs.write_offs_of(session, [row.id])


def latest(session: Session, *, actor: Actor, limit: int = 200) -> list[WriteOff]:
    """What the actor's store has declared, newest first. Raises Forbidden, NotFound."""
    actor.require("loss.declare")
    if actor.organisation_id is None:
        raise NotFound("object.not_found")
    return write_offs.latest_write_offs(session, actor.organisation_id, limit)


def _standing(
    session: Session, actor: Actor, container_id: UUID, version: int | None, *, lock: bool = True
) -> Container:
    row = batches.containers_by_id(session, [container_id], lock=lock).get(container_id)
    if row is None:
        raise NotFound("object.not_found")
    actor.require_own(row.holder_id)
    require_version(row, version)
    if row.state not in STANDING:
        raise Conflict("container.not_in_store", label_code=row.label_code, state=row.state)
    return row


def _holder(session: Session, holder_id: UUID) -> Organisation:
    return organisations.organisations_by_id(session, [holder_id])[holder_id]


def _line(row: Container, mass_g: int = 0, reason: str = "") -> ledger.Line:
    batch = row.batch
    return ledger.Line(
        label=row.label_code,
        batch=batch_key(batch.enterprise, batch),
        code=batch.waste_code,
        mass_g=mass_g,
        reason=reason,
    )


def _declared(made: WriteOff, now: datetime) -> ledger.Event:
    return ledger.Event(
        type=f"{made.kind}.declared",
        author=made.operator,
        site=made.holder.site,
        at=now,
        id=made.id,
        subject=made.container.batch.batch_no,
        lines=(_line(made.container, made.mass_g, made.reason),),
        facts={"note": made.note, "mass_g": made.mass_g},
    )


def _reversed(made: WriteOff, actor: Actor, why: str, now: datetime) -> ledger.Event:
    return ledger.Event(
        type="fact.reversed",
        author=actor.author,
        site=made.holder.site,
        at=now,
        subject=made.container.batch.batch_no,
        lines=(_line(made.container),),
        facts={"reverses": str(made.id), "reason": why, "mass_g": made.mass_g},
    )
