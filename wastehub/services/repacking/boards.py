"""What the pages of repacking show: choices before it, the act and its containers after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from ...domain import repacking as rules
from ...domain import roles
from ...domain.actors import Actor
from ...domain.errors import NotFound, RuleViolation
from ...models import stores
from ...models.batches import Batch, Container
from ...models.organisations import Organisation
from ...models.paging import matching, page_of
from ...models.reference import ContainerType, WasteCode
from ...models.repackings import Repacking, RepackingLine, repacking_by_id
from ...models.zones import Zone, zone_codes, zones_of
from . import facts


@dataclass(frozen=True)
class Choices:
    """Containers about to be poured together. `refusal`: why they may not be."""

    containers: list[Container]
    waste: WasteCode
    mass_g: int
    types: list[ContainerType]
    zones: list[Zone]
    zone_codes: dict[UUID, str]
    may_recode: bool
    refusal: RuleViolation | None


def choices(session: Session, *, actor: Actor, container_ids: Sequence[UUID], on: date) -> Choices:
    """What the form needs. Raises NotFound, InvalidInput("repacking.no_inputs"), Conflict (container.*)."""
    actor.require("container.repack")
    store = facts.own_store(session, actor, on)
    rows = facts.chosen(session, actor, container_ids)
    inputs = facts.poured(session, rows)
    if not inputs:
        rules.require_mixable([], stores.matrix(session))
    refusal = None
    try:
        rules.require_mixable(inputs, stores.matrix(session))
    except RuleViolation as found:
        refusal = found
    liquid = rows[0].batch.form == "liquid"
    return Choices(
        containers=rows,
        waste=session.get_one(WasteCode, inputs[0].waste_code),
        mass_g=sum(each.mass_g for each in inputs),
        types=[kind for kind in store.types.values() if kind.takes_liquid or not liquid],
        zones=zones_of(session, [store.platform.id])[store.platform.id],
        zone_codes=zone_codes(session, [row.zone_id for row in rows if row.zone_id]),
        may_recode=roles.may(actor.role, "container.recode"),
        refusal=refusal,
    )


def repacking(session: Session, *, actor: Actor, repacking_id: UUID) -> Repacking:
    """One act with its containers: for the platform, and for supervision. Raises NotFound."""
    actor.require("repacking.view")
    made = repacking_by_id(session, repacking_id)
    if made is None:
        raise NotFound("object.not_found")
    if actor.role != "regulator":
        actor.require_own(made.platform_id)
    elif actor.county_code not in (None, made.platform.county_code):
        raise NotFound("object.not_found")
    return made


@dataclass(frozen=True)
class RepackingRow:
    """An act of repacking in a list. `from_mass_g` went in, `mass_g` came out, `left_g` was left over."""

    id: UUID
    batch_no: str
    kind: str
    waste_code: str
    waste: WasteCode
    inputs: int
    outputs: int
    from_mass_g: int
    mass_g: int
    left_g: int
    platform: str
    done_at: datetime
    undone_at: datetime | None


def repackings(
    session: Session,
    *,
    actor: Actor,
    text: str = "",
    sort: str = "done_at",
    descending: bool = True,
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[RepackingRow], int, dict[str, int]]:
    """What the actor's platform repacked, or the platforms of a regulator's county; the newest first."""
    actor.require("repacking.view")
    line = RepackingLine
    per_act = (
        select(
            line.repacking_id,
            func.sum(case((line.role == "in", 1), else_=0)).label("inputs"),
            func.sum(case((line.role == "out", 1), else_=0)).label("outputs"),
            func.sum(case((line.role == "in", line.mass_g), else_=0)).label("from_mass_g"),
            func.sum(case((line.role == "out", line.mass_g), else_=0)).label("mass_g"),
        )
        .group_by(line.repacking_id)
        .subquery()
    )
    query = (
        select(Repacking, Batch, WasteCode, Organisation.short_name, per_act)
        .join(Batch, Batch.id == Repacking.batch_id)
        .join(WasteCode, WasteCode.code == Batch.waste_code)
        .join(Organisation, Organisation.id == Repacking.platform_id)
        .join(per_act, per_act.c.repacking_id == Repacking.id)
    )
    if actor.role != "regulator":
        query = query.where(Repacking.platform_id == actor.organisation_id)
    elif actor.county_code is not None:
        query = query.where(Organisation.county_code == actor.county_code)
    if text:
        query = query.where(matching(text, Batch.batch_no, Batch.waste_code, WasteCode.name_zh))
    order = {
        "batch_no": Batch.batch_no,
        "waste_code": Batch.waste_code,
        "mass_g": per_act.c.mass_g,
        "done_at": Repacking.done_at,
    }
    rows, count, sums = page_of(
        session, query, order=order, sort=sort, descending=descending, limit=limit, offset=offset,
        sums={"mass_g": case((Repacking.undone_at.is_(None), per_act.c.mass_g), else_=0)}, scalars=False,
    )  # fmt: skip
    return [_row(*each) for each in rows], count, sums


def _row(
    made: Repacking, batch: Batch, waste: WasteCode, platform: str, _id: UUID, inputs: int, outputs: int,
    from_mass_g: int, mass_g: int,
) -> RepackingRow:  # fmt: skip
    return RepackingRow(
        id=made.id,
        batch_no=batch.batch_no,
        kind=made.kind,
        waste_code=batch.waste_code,
        waste=waste,
        inputs=int(inputs),
        outputs=int(outputs),
        from_mass_g=int(from_mass_g),
        mass_g=int(mass_g),
        left_g=made.left_g,
        platform=platform,
        done_at=made.done_at,
        undone_at=made.undone_at,
    )
