"""A store as the rules see it: zones, what stands in them, what adjoins them."""

from uuid import UUID

from sqlalchemy.orm import Session

from ..domain import hazards
from ..domain.segregation import Load, Matrix, Relation
from ..domain.storage_zones import ZoneFacts
from . import reference
from .batches import Batch
from .reference import WasteCode
from .zones import neighbours_of, standing_in, zone_groups, zones_of


def load_of(batch: Batch, waste: WasteCode) -> Load:
    """What the segregation rules must know of a container of this batch."""
    return Load(
        waste.group_for(batch.form),
        batch.enterprise_id,
        batch.waste_code,
        frozenset(hazards.parse(batch.hazards)),
    )


def matrix(session: Session) -> Matrix:
    """The segregation matrix in force."""
    return Matrix({pair: Relation(relation) for pair, relation in reference.matrix(session).items()})


def stores(session: Session, organisation_ids: list[UUID]) -> dict[UUID, dict[UUID, ZoneFacts]]:
    """The zones of each store with their contents, keyed by store and zone."""
    zones = zones_of(session, organisation_ids)
    ids = [zone.id for each in zones.values() for zone in each]
    groups, standing = zone_groups(session, ids), standing_in(session, ids)
    wastes = reference.waste_codes(session, {row.waste_code for row in standing})
    facts = {
        zone.id: ZoneFacts(zone.id, zone.code, zone.capacity_g, 0, groups[zone.id])
        for each in zones.values()
        for zone in each
    }
    for row in standing:
        group = wastes[row.waste_code].group_for(row.form)
        letters = frozenset(hazards.parse(row.hazards))
        load = Load(group, row.enterprise_id, row.waste_code, letters)
        zone = facts[row.zone_id]
        zone.loads += [load] * row.containers
        zone.stock_g += row.mass_g
    for zone_id, others in neighbours_of(session, ids).items():
        if zone_id in facts:
            facts[zone_id].neighbours = [facts[other] for other in sorted(others, key=str) if other in facts]
    return {owner: {zone.id: facts[zone.id] for zone in each} for owner, each in zones.items()}
