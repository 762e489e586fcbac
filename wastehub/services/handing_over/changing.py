"""Driver and firm change the declared mass or the packaging of a container before it is loaded (F67)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from ... import ledger
from ...domain import calendar, gate_changes, reasons, texts
from ...domain import handing_over as rules
from ...domain.actors import Actor
from ...domain.errors import Conflict, NotFound
from ...domain.gate_changes import Fill, Packaging
from ...models import batches, reference
from ...models import manifests as manifest_rows
from ...models import requests as request_rows
from ...models.batches import Container, batch_key
from ...models.handing_over import AgreedChange
from ...models.reference import ContainerType
from ...models.route_plans import Stop
from ...models.users import User
from .confirming import stop_of_crew


@dataclass(frozen=True)
class GateChange:
    """What both agreed on. `what` of gate_changes.WHAT; `mass_g` or `container_type` is the new value."""

    actor: Actor
    id: UUID
    stop_id: UUID
    container_id: UUID
    what: str
    firm_name: str
    firm_role: str
    reason: str
    at: datetime
    mass_g: int | None = None
    container_type: str = ""
    note: str = ""
    photo_sha256: str | None = None


def change_at_gate(session: Session, *, change: GateChange, now: datetime) -> AgreedChange:
    """Apply a change that both agreed on, and keep who agreed. Telling the same again changes nothing.

    The printed label says the old value: the firm prints it again later (reason "amended").
    Raises NotFound, InvalidInput (change.*, reason.*, mass.*, text.*), Conflict (change.*).
    """
    actor = change.actor
    actor.require("hand_over.record")
    stop = stop_of_crew(session, actor, change.stop_id)
    if (known := session.get(AgreedChange, change.id)) is not None:
        return known
    if stop.state != "planned" or stop.trip.state != "under_way":
        raise Conflict("change.stop_not_open", state=stop.state)
    row = batches.containers_by_id(session, [change.container_id], lock=True).get(change.container_id)
    if row is None:
        raise NotFound("object.not_found")
    what = gate_changes.require_what(change.what)
    said = texts.clean(change.note, field="note", longest=300)
    why = reasons.require("agreed_change", change.reason, note=said, photos=1 if change.photo_sha256 else 0)
    made = AgreedChange(
        id=change.id,
        container_id=row.id,
        stop_id=stop.id,
        what=what,
        reason=why.code,
        note=said,
        firm_name=texts.clean(change.firm_name, field="firm_name", longest=rules.NAME_LONGEST, required=True),
        firm_role=gate_changes.require_role(change.firm_role),
        crew_name=_crew_name(session, actor),
        photo_sha256=change.photo_sha256,
        agreed_at=change.at,
        received_at=now,
        author=actor.author,
    )
    _apply(session, change, made, row, stop, now)
    return made


def _apply(
    session: Session, change: GateChange, made: AgreedChange, row: Container, stop: Stop, now: datetime
) -> None:
    types = reference.container_types(session, calendar.on_date(change.at))
    books = ledger.label_states(session, [row.label_code]).get(row.label_code)
    fill = _fill(
        session, row, stop, moved=books is None or books.moves > 0 or books.mass_from != "generation"
    )
    gate_changes.require_changeable(fill)
    if change.what == "amount":
        after_g = gate_changes.require_amount(fill, change.mass_g if change.mass_g is not None else 0)
        assert books is not None
        made.before_g, made.after_g = row.declared_g, after_g
        row.declared_g = row.mass_g = after_g
        event = _amount_event(made, row, books.mass_event, now)
    else:
        kind = types.get(change.container_type)
        after = gate_changes.require_packaging(fill, _packaging(kind) if kind else None)
        made.before_type, made.after_type = row.container_type, after.code
        row.container_type = after.code
        event = _packaging_event(made, row, now)
    session.add(made)
    session.flush()
    _correct_manifest(session, row, stop)
    [receipt] = ledger.append(session, [event], now=now)
    if not receipt.posted:
        raise Conflict("ledger.not_posted", reason=receipt.held_reason)


def _fill(session: Session, row: Container, stop: Stop, *, moved: bool) -> Fill:
    kind = session.get_one(ContainerType, row.container_type)
    here = row.request_id is not None and row.request_id == stop.request_id
    return Fill(row.label_code, row.state, row.declared_g, row.batch.form, _packaging(kind), here, moved)


def _packaging(kind: ContainerType) -> Packaging:
    return Packaging(kind.code, kind.payload_max_g, kind.takes_liquid)


def _crew_name(session: Session, actor: Actor) -> str:
    user = session.get(User, actor.user_id) if actor.user_id else None
    return user.display_name[:40] if user else actor.author[:40]


def _correct_manifest(session: Session, row: Container, stop: Stop) -> None:
    """The paper that is not sealed yet says what is to be handed over now."""
    paper = manifest_rows.manifests_of_stops(session, [stop.id]).get(stop.id)
    if paper is None or paper.loaded_at is not None:
        return
    names = reference.container_type_names(session)
    same = [
        each
        for each in request_rows.containers_on(session, [stop.request_id])
        if each.batch.waste_code == row.batch.waste_code
    ]
    packed: dict[str, int] = {}
    for each in same:
        name = names[each.container_type][0]
        packed[name] = packed.get(name, 0) + 1
    for line in paper.lines:
        if line.waste_code == row.batch.waste_code:
            line.declared_g = sum(each.declared_g for each in same)
            line.packaging = "、".join(f"{name}×{count}" for name, count in packed.items())[:60]
    session.flush()


def _amount_event(made: AgreedChange, row: Container, corrects: str, now: datetime) -> ledger.Event:
    line = _line(row, made.after_g or 0)
    facts = {"corrects": corrects, "basis": row.batch.basis, "former_g": made.before_g}
    return _event("mass.corrected", made, row, line, facts, now)


def _packaging_event(made: AgreedChange, row: Container, now: datetime) -> ledger.Event:
    facts = {"former_type": made.before_type, "container_type": made.after_type}
    return _event("container.changed", made, row, _line(row, 0), facts, now)


def _line(row: Container, mass_g: int) -> ledger.Line:
    batch = row.batch
    return ledger.Line(
        label=row.label_code, batch=batch_key(batch.enterprise, batch), code=batch.waste_code, mass_g=mass_g
    )


def _event(
    kind: str, made: AgreedChange, row: Container, line: ledger.Line, facts: dict[str, Any], now: datetime
) -> ledger.Event:
    photo = {"photo_sha256": made.photo_sha256} if made.photo_sha256 else {}
    agreed = {"agreed": "both", "firm_role": made.firm_role, "reason": made.reason, "note": made.note}
    return ledger.Event(
        id=made.id,
        type=kind,
        author=made.author,
        site=row.batch.enterprise.site,
        at=min(made.agreed_at, now),
        subject=row.batch.batch_no,
        lines=(line,),
        facts=facts | agreed | photo,
        personal={"firm_name": made.firm_name, "crew_name": made.crew_name},
    )
