"""Mistakes at the generator are undone by counter-acts, as long as nothing has left."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from ... import ledger
from ...domain import batch_lifecycle, calendar, quantities, storage_limits, texts
from ...domain.actors import Actor
from ...domain.errors import Conflict, InvalidInput, NotFound
from ...ledger import LabelState
from ...models import batches, organisations, reference
from ...models.batches import Container, batch_key
from ...models.organisations import Organisation
from ...models.reference import ContainerType
from ...models.versioned import require_version
from .posting import require_posted


def amend_mass(
    session: Session,
    *,
    actor: Actor,
    container_id: UUID,
    mass_g: int,
    reason: str,
    version: int | None,
    now: datetime,
) -> Container:
    """Correct the declared mass of a container that has not left, by a counter-act in the ledger.

    The printed label is wrong from then on: the container waits for a new print.
    Raises NotFound, StaleVersion, InvalidInput (mass.*, text.missing), Conflict
    (container.on_request, container.act_not_allowed, container.already_moved, storage.point_full).
    """
    actor.require("batch.amend")
    row = _own_container(session, actor, container_id, version)
    note = texts.clean(reason, field="reason", longest=300, required=True)
    state = batch_lifecycle.next_state(row.state, "amend")
    books = _books(session, row.label_code)
    firm = _firm_locked(session, row)
    today = calendar.on_date(now)
    limits = reference.legal_limits(session, today)
    kind = session.get_one(ContainerType, row.container_type)
    quantities.require_mass_g(mass_g, max_g=limits["container_mass_max_g"])
    if mass_g > kind.payload_max_g:
        raise InvalidInput(
            "container.overfilled",
            field="mass_g",
            mass_g=mass_g,
            payload_max_g=kind.payload_max_g,
            container_type=kind.name_zh,
        )
    if mass_g == row.mass_g:
        raise InvalidInput("batch.mass_unchanged", field="mass_g", mass_g=mass_g)
    if firm.storage_kind == "point" and mass_g > row.mass_g:
        held = batches.stock_g(session, [firm.id]).get(firm.id, 0)
        storage_limits.require_point_capacity(held, mass_g - row.mass_g, limits["storage_point_max_g"])
    former_g, row.mass_g, row.declared_g, row.state = row.mass_g, mass_g, mass_g, state
    if row.batch.basis == "weighed":
        row.measured_g = mass_g
    session.flush()
    event = ledger.Event(
        type="mass.corrected",
        author=actor.author,
        site=firm.site,
        at=now,
        subject=row.batch.batch_no,
        lines=(_line(firm, row, mass_g),),
        facts={
            "corrects": books.mass_event,
            "basis": row.batch.basis,
            "reason": note,
            "former_g": former_g,
        },
    )
    require_posted(ledger.append(session, [event], now=now))
    return row


def _books(session: Session, label_code: str) -> LabelState:
    """What the ledger's books hold for a container that has not left since its registration.

    Raises Conflict("container.already_moved"): then only both sides together can correct it.
    """
    state = ledger.label_states(session, [label_code])[label_code]
    if state.moves or state.mass_from != "generation":
        raise Conflict("container.already_moved", label_code=label_code)
    return state


def void_container(
    session: Session,
    *,
    actor: Actor,
    container_id: UUID,
    reason: str,
    version: int | None,
    now: datetime,
) -> Container:
    """Void a container 作废 that was registered by mistake and has never left; its code is not used again.

    Raises NotFound, StaleVersion, InvalidInput (text.missing), Conflict (container.on_request,
    container.act_not_allowed, container.already_moved).
    """
    actor.require("batch.void")
    row = _own_container(session, actor, container_id, version)
    note = texts.clean(reason, field="reason", longest=300, required=True)
    row.state = batch_lifecycle.next_state(row.state, "void")
    _books(session, row.label_code)
    firm = row.batch.enterprise
    row.holder_id, row.stored_since_on = None, None
    session.flush()
    event = ledger.Event(
        type="container.voided",
        author=actor.author,
        site=firm.site,
        at=now,
        subject=row.batch.batch_no,
        lines=(_line(firm, row, row.mass_g),),
        facts={"reason": note},
    )
    require_posted(ledger.append(session, [event], now=now))
    return row


def _own_container(session: Session, actor: Actor, container_id: UUID, version: int | None) -> Container:
    row = batches.containers_by_id(session, [container_id], lock=True).get(container_id)
    if row is None:
        raise NotFound("object.not_found")
    actor.require_own(row.batch.enterprise_id)
    require_version(row, version)
    if row.request_id is not None:
        raise Conflict("container.on_request", label_code=row.label_code)
    return row


def _firm_locked(session: Session, row: Container) -> Organisation:
    return organisations.organisations_by_id(session, [row.batch.enterprise_id], lock=True)[
        row.batch.enterprise_id
    ]


def _line(firm: Organisation, row: Container, mass_g: int) -> ledger.Line:
    return ledger.Line(
        label=row.label_code, batch=batch_key(firm, row.batch), code=row.batch.waste_code, mass_g=mass_g
    )
