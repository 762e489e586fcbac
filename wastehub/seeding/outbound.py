"""What leaves the platforms: lots are packed, shipped, received and treated, through the services."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from random import Random
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..domain import waybills
from ..domain.waste_codes import category
from ..models.batches import Batch, Container
from ..models.lots import Lot
from ..services import lots, treatments
from ..services.lots import LotDraft, Shipment
from ..services.treatments import LotReception, TreatmentRun
from .world import Plant, World

LOT_CONTAINERS_MAX = 300
WEIGHBRIDGE_SPREAD = 0.0008


def ship_lots(world: World, *, at: datetime, per_platform: int, from_g: int) -> list[UUID]:
    """The fullest codes of each platform leave: at most `per_platform` lots of at least `from_g` each."""
    with world.act() as session:
        drafts = _drafts(world, _stored(session), per_platform, from_g)
        if not drafts:
            return []
        opened = lots.open_lots(session, drafts=drafts, now=at)
        shipments = []
        for lot in opened:
            platform = world.platforms[lot.platform_id]
            assert platform.outbound is not None and platform.outbound_crew is not None
            driver_id, escort_id = platform.outbound_crew
            vehicle_id, checks = platform.outbound.id, waybills.ALL_PASSED
            shipments.append(Shipment(platform.desk, lot.id, vehicle_id, driver_id, escort_id, checks))
        return [lot.id for lot in lots.ship(session, shipments=shipments, now=at)]


Stored = dict[UUID, dict[str, list[tuple[UUID, int]]]]


def _stored(session: Session) -> Stored:
    """What stands at each platform by code: container and grams, the oldest first."""
    query = (
        select(Container.holder_id, Batch.waste_code, Container.id, Container.mass_g)
        .join(Batch, Batch.id == Container.batch_id)
        .where(Container.state == "stored")
        .order_by(Container.stored_since_on, Container.label_code)
    )
    found: Stored = defaultdict(lambda: defaultdict(list))
    for holder_id, code, container_id, mass_g in session.execute(query):
        assert holder_id is not None
        found[holder_id][code].append((container_id, mass_g))
    return found


def _drafts(world: World, stored: Stored, per_platform: int, from_g: int) -> list[LotDraft]:
    drafts = []
    for platform in world.platforms.values():
        if platform.outbound is None:
            continue
        by_code = stored.get(platform.row.id, {})
        fullest = sorted(by_code, key=lambda code: (-sum(grams for _, grams in by_code[code]), code))
        taken = 0
        for code in fullest:
            plant = _plant_for(world, code)
            if taken == per_platform or sum(grams for _, grams in by_code[code]) < from_g:
                break
            if plant is None:
                continue
            chosen = _within(by_code[code], platform.outbound.capacity_g)
            drafts.append(LotDraft(platform.desk, platform.row.id, plant.row.id, code, tuple(chosen)))
            taken += 1
    return drafts


def _plant_for(world: World, code: str) -> Plant | None:
    """The plant that is registered for the code itself, else for its category; utilisation before burning."""
    for covers in (code, category(code)):
        fitting = [plant for plant in world.plants if covers in plant.methods]
        if fitting:
            return min(fitting, key=lambda plant: (plant.methods[covers] == "D10", plant.row.code))
    return None


def _within(containers: Sequence[tuple[UUID, int]], capacity_g: int) -> list[UUID]:
    chosen: list[UUID] = []
    left_g = capacity_g
    for container_id, mass_g in containers:
        if mass_g <= left_g and len(chosen) < LOT_CONTAINERS_MAX:
            chosen.append(container_id)
            left_g -= mass_g
    return chosen


def receive_lots(world: World, rng: Random, *, at: datetime) -> int:
    """Every lot on the road reaches its plant and is weighed as a whole; the number of lots."""
    desks = {plant.row.id: plant.desk for plant in world.plants}
    with world.act() as session:
        query = (
            select(Lot.id, Lot.plant_id).where(Lot.state == "shipped").order_by(Lot.platform_id, Lot.lot_no)
        )
        on_the_road = [(lot_id, plant_id) for lot_id, plant_id in session.execute(query)]
        masses: dict[UUID, int] = defaultdict(int)
        loaded = select(Container.lot_id, Container.mass_g).where(Container.state == "shipped")
        for lot_id, mass_g in session.execute(loaded):
            assert lot_id is not None
            masses[lot_id] += mass_g
        receptions = [
            LotReception(
                desks[plant_id],
                lot_id,
                total_g=max(1_000, round(masses[lot_id] * (1 + _bridge(rng)) / 1_000) * 1_000),
            )
            for lot_id, plant_id in on_the_road
        ]
        if receptions:
            treatments.receive_lots(session, receptions=receptions, now=at)
    return len(on_the_road)


def _bridge(rng: Random) -> float:
    return max(-0.004, min(0.004, rng.gauss(0, WEIGHBRIDGE_SPREAD)))


def treat(world: World, *, at: datetime) -> int:
    """Each plant treats all that it holds, one run per method; the number of runs."""
    runs = []
    with world.act() as session:
        for plant in world.plants:
            query = (
                select(Batch.waste_code, Container.id)
                .join(Batch, Batch.id == Container.batch_id)
                .where(Container.holder_id == plant.row.id, Container.state == "at_plant")
                .order_by(Container.label_code)
            )
            by_method: dict[str, list[UUID]] = defaultdict(list)
            for code, container_id in session.execute(query):
                by_method[plant.methods.get(code) or plant.methods[category(code)]].append(container_id)
            runs += [
                TreatmentRun(plant.desk, plant.row.id, method, tuple(ids))
                for method, ids in by_method.items()
            ]
        if runs:
            treatments.treat(session, runs=runs, now=at)
    return len(runs)
