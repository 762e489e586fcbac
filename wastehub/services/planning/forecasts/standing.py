"""What stands in the platforms' stores, what could take it on, and where to (F50)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ....domain import waste_codes
from ....domain.permits import PermitView
from ....models import organisations, permits, reference
from ....models.batches import Batch, Container, stock_g
from ....models.organisations import Organisation
from ....models.vehicles import Vehicle, licensed_categories, vehicles_of
from .. import facts
from ..facts import DayFacts
from ..load_classes import LoadClass


@dataclass(frozen=True, slots=True)
class Beyond:
    """What lies behind the platforms: stock, large vehicles, plants.

    `stock_g`: what stands ready to leave, by platform and class. `aside_g`: what takes room beside it
    and does not leave on a proposed run: packed already, or still on its way in.
    """

    stock_g: Mapping[UUID, Counter[LoadClass]]
    aside_g: Mapping[UUID, int]
    carriers: list[Vehicle]
    licences: Mapping[UUID, frozenset[str]]
    plants: list[Organisation]
    methods: Mapping[UUID, Mapping[str, str]]
    permits: Mapping[UUID, list[PermitView]]

    def classes(self) -> set[LoadClass]:
        """Classes that stand in any store."""
        return {one for held in self.stock_g.values() for one in held}

    def accepted(self, plant: Organisation, classes: Iterable[LoadClass], on: Sequence[date]) -> set[str]:
        """Ids of the classes that a plant may and can take on all of these days (Order 23, Art. 10)."""
        held, methods = self.permits.get(plant.id, []), self.methods.get(plant.id, {})
        return {
            one.id
            for one in classes
            if waste_codes.methods_for(one.waste_code, methods)
            and all(facts.covers(held, one.waste_code, day) for day in on)
        }


def read(session: Session, day: DayFacts) -> Beyond:
    """Stores, large vehicles and plants as they are now. `day`: the first day that is planned."""
    ids = list(day.platforms)
    stock = _stock(session, ids)
    held = stock_g(session, ids)
    carriers = vehicles_of(session, ids, use="outbound")
    # Invented kilograms never go to a real firm: see services/lots.
    demo = any(platform.demo for platform in day.platforms.values())
    plants = [one for one in organisations.organisations_of(session, "plant") if one.demo_flows or not demo]
    plant_ids = [plant.id for plant in plants]
    return Beyond(
        stock_g=stock,
        aside_g={
            key: held.get(key, 0) - stock[key].total() + sum(day.stores[key].incoming_g.values())
            for key in ids
        },
        carriers=carriers,
        licences=licensed_categories(session, [row.id for row in carriers]),
        plants=plants,
        methods=reference.plant_methods(session, plant_ids),
        permits=permits.permits_of(session, plant_ids),
    )


def _stock(session: Session, platform_ids: list[UUID]) -> dict[UUID, Counter[LoadClass]]:
    kind = (Container.holder_id, Batch.waste_code, Batch.form, Batch.hazards)
    query = (
        select(*kind, func.sum(Container.mass_g))
        .join(Batch, Batch.id == Container.batch_id)
        .where(Container.holder_id.in_(platform_ids), Container.state == "stored")
        .group_by(*kind)
    )
    rows = session.execute(query).all()
    codes = reference.waste_codes(session, {row[1] for row in rows})
    found: dict[UUID, Counter[LoadClass]] = defaultdict(Counter)
    for holder_id, code, form, hazards, mass_g in rows:
        assert holder_id is not None, "asked for by holder"
        found[holder_id][LoadClass(codes[code].group_for(form) or "", code, hazards)] += int(mass_g)
    return {key: found[key] for key in platform_ids}
