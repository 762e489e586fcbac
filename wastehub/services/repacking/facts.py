"""What the rules must know of the containers that somebody wants to pour together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from ...domain import batch_lifecycle, permits, waste_codes
from ...domain.actors import Actor
from ...domain.errors import InvalidInput, NotFound
from ...domain.repacking import Poured
from ...models import batches, organisations, reference, stores
from ...models import permits as permit_rows
from ...models.batches import Container
from ...models.organisations import Organisation
from ...models.reference import ContainerType, WasteCode


@dataclass(frozen=True)
class Store:
    """The platform and what may stand in it."""

    platform: Organisation
    limits: dict[str, int]
    types: dict[str, ContainerType]


def own_store(session: Session, actor: Actor, on: date) -> Store:
    """The store of the actor's own platform. Raises NotFound."""
    if actor.organisation_id is None:
        raise NotFound("object.not_found")
    platform = organisations.organisations_by_id(session, [actor.organisation_id])[actor.organisation_id]
    if platform.kind != "platform":
        raise NotFound("object.not_found")
    return Store(
        platform, reference.legal_limits(session, on), reference.container_types(session, on)
    )  # fmt: skip


def chosen(session: Session, actor: Actor, ids: Sequence[UUID], *, lock: bool = False) -> list[Container]:
    """The containers in the order asked for. Raises NotFound, Conflict("container.act_not_allowed")."""
    wanted = list(dict.fromkeys(ids))
    found = batches.containers_by_id(session, wanted, lock=lock)
    rows = []
    for key in wanted:
        row = found.get(key)
        if row is None or row.holder_id != actor.organisation_id:
            raise NotFound("object.not_found", field="container_ids")
        batch_lifecycle.next_state(row.state, "repack")
        rows.append(row)
    return rows


def poured(session: Session, rows: Sequence[Container]) -> list[Poured]:
    """What the rules must know of containers that are to be emptied."""
    wastes = reference.waste_codes(session, {row.batch.waste_code for row in rows})
    return [
        Poured(
            row.label_code,
            row.batch.waste_code,
            row.batch.form,
            stores.load_of(row.batch, wastes[row.batch.waste_code]),
            row.mass_g,
        )
        for row in rows
    ]


def new_waste(session: Session, store: Store, text: str, on: date) -> WasteCode:
    """The waste that something turned out to be: in force, and licensed to this platform.

    Raises InvalidInput (waste_code.*), Conflict (permit.*).
    """
    code = waste_codes.parse(text, field="waste_code")
    row = reference.waste_codes(session, {code}).get(code)
    if row is None:
        raise InvalidInput("waste_code.unknown", field="waste_code", given=code)
    if on < row.effective_from_on or (row.effective_until_on and on > row.effective_until_on):
        raise InvalidInput(
            "waste_code.not_in_force", field="waste_code", given=code, on=on,
            effective_from_on=row.effective_from_on,
        )  # fmt: skip
    held = permit_rows.permits_of(session, [store.platform.id]).get(store.platform.id, [])
    permits.covering(held, waste_code=code, on=on)
    return row
