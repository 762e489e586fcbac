"""What stands on the signs of a store: its zones with the wastes they are laid out for (HJ 1276-2022)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..domain import signs
from ..domain.actors import Actor
from ..domain.errors import Conflict, NotFound
from ..models import reference
from ..models.organisations import Organisation
from ..models.reference import SegregationGroup
from ..models.zones import Zone, standing_in, zone_groups, zones_of


@dataclass(frozen=True, slots=True)
class ZonePlan:
    """A zone with the groups it is laid out for and the waste codes that stand there now."""

    zone: Zone
    groups: tuple[SegregationGroup, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StorePlan:
    """A unit with its zones and the template data of the signs (certainty N)."""

    unit: Organisation
    zones: list[ZonePlan]
    template: dict[str, int]


def store_plan(session: Session, *, actor: Actor, on: date) -> StorePlan:
    """The actor's own store. Raises Forbidden, NotFound."""
    actor.require("sign.print")
    unit = session.get(Organisation, actor.organisation_id) if actor.organisation_id else None
    if unit is None:
        raise NotFound("object.not_found")
    zones = zones_of(session, [unit.id])[unit.id]
    ids = [zone.id for zone in zones]
    named = {row.code: row for row in session.scalars(select(SegregationGroup))}
    groups = zone_groups(session, ids)
    codes: dict[UUID, set[str]] = defaultdict(set)
    for row in standing_in(session, ids):
        codes[row.zone_id].add(row.waste_code)
    plans = [
        ZonePlan(
            zone,
            tuple(named[code] for code in sorted(groups[zone.id]) if code in named),
            tuple(sorted(codes[zone.id])),
        )
        for zone in zones
    ]
    return StorePlan(unit, plans, signs.template_of(reference.legal_limits(session, on)))


def require_zones(plan: StorePlan) -> None:
    """Raises Conflict("sign.no_zones"): a plan without zones says nothing."""
    if not plan.zones:
        raise Conflict("sign.no_zones")
