"""What a base can do in a day, and what it costs to leave a request out."""

from __future__ import annotations

from collections.abc import Sequence

from routing.horizon.estimates import Base, Estimates, Visit
from routing.horizon.model import Request, ServiceDay

# A request that waits is thought to share its approach with so many others later.
COMPANY = 2


class Limits:
    """What the vehicles of a base can carry in a day, by dimension and licence, and what it may take in."""

    def __init__(self, base: Base, days: Sequence[ServiceDay]) -> None:
        day = next(one for one in days if one.day == base.day)
        fleet = [vehicle for vehicle in day.vehicles if vehicle.depot == base.depot]
        depot = next(one for one in day.depots if one.id == base.depot)
        dimensions = {name for vehicle in fleet for name in vehicle.capacity}
        classes = {name for vehicle in fleet for name in vehicle.licences}
        self.load = {
            name: sum(vehicle.capacity.get(name, 0) * vehicle.max_trips for vehicle in fleet)
            for name in dimensions
        }
        self.class_work_s = {
            name: sum(base.seconds for vehicle in fleet if name in vehicle.licences) for name in classes
        }
        self.class_g = dict(depot.storage_left)
        self.total_g = depot.storage_total_left_g


def prices(requests: Sequence[Request], estimates: Estimates, last: int) -> list[int]:
    """What leaving each request out costs: more than any way to serve it, unless it may wait."""
    dearest = max((base.use_fen for base in estimates.bases), default=0.0)
    dearest += max(
        (_full_fen(estimates, visit, 1) for visits in estimates.visits for visit in visits), default=0
    )
    return [
        _price(estimates, request, visits, last, dearest)
        for request, visits in zip(requests, estimates.visits, strict=True)
    ]


def _price(estimates: Estimates, request: Request, visits: list[Visit], last: int, dearest: float) -> int:
    """A request that may still wait costs later about what it costs now, in company."""
    if request.stop.optional:
        return request.stop.penalty_fen
    if request.due_day > last and visits:
        return round(min(_full_fen(estimates, visit, COMPANY) for visit in visits))
    return round(2 * dearest) + request.stop.penalty_fen + 1


def _full_fen(estimates: Estimates, visit: Visit, company: int) -> float:
    """Cost of a visit that shares its approach with so many, in a vehicle that is full."""
    base = estimates.bases[visit.base]
    approach = estimates.approaches[estimates.neighbourhood[visit.request], visit.base]
    work_s = visit.work_s + approach.work_s / company
    return visit.cost_fen + approach.cost_fen / company + base.use_fen * work_s / max(base.seconds, 1)
