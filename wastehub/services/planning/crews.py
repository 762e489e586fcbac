"""Who can drive what: each vehicle of the day gets a driver and an escort, or it stays in the yard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from ...models.vehicles import CrewMember, Vehicle


def pair(
    vehicles: Iterable[Vehicle], people: Iterable[CrewMember], busy: Mapping[UUID, str]
) -> dict[UUID, tuple[UUID, UUID]]:
    """Driver and escort for each vehicle of one platform, keyed by vehicle: usual crews first.

    Source: Order 29 of 2019, Art. 44 (an escort besides the driver on every such vehicle).
    """
    free = [person for person in people if person.id not in busy]
    fleet = list(vehicles)
    found: dict[str, dict[UUID, UUID]] = {}
    for kind in ("driver", "escort"):
        waiting = [person for person in free if person.kind == kind]
        usual = {p.vehicle_id: p for p in reversed(waiting) if p.vehicle_id is not None}
        chosen = {v.id: usual[v.id] for v in fleet if v.id in usual}
        rest = [p for p in waiting if p not in chosen.values()]
        for vehicle in fleet:
            if vehicle.id not in chosen and rest:
                chosen[vehicle.id] = rest.pop(0)
        found[kind] = {vehicle_id: person.id for vehicle_id, person in chosen.items()}
    return {
        v.id: (found["driver"][v.id], found["escort"][v.id])
        for v in fleet
        if v.id in found["driver"] and v.id in found["escort"]
    }
