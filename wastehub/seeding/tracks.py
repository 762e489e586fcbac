"""Where the vehicles of the demo day were, told as phones tell it: straight between places, made up."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

from ..domain.actors import Actor
from ..domain.positions import Fix
from ..models import route_plans
from ..models.route_plans import Round
from ..services import duty
from .world import World

EVERY = timedelta(minutes=5)
ACCURACY_M = 12
Spot = tuple[datetime, int, int]


def tell(world: World, on: date) -> int:
    """Positions of every round that was driven on a day; how many."""
    with world.database.reading() as session:
        rows = route_plans.rounds_on(session, on, states=("under_way", "finished"))
        session.expunge_all()
    kept = 0
    for row in rows:
        fixes = _fixes(row)
        if row.driver is None or not fixes:
            continue
        author = f"crew:{row.driver.certificate_no}"
        crew = Actor(author=author, role="driver", organisation_id=row.platform_id)
        with world.act() as session:
            report = duty.FixReport(crew, row.id, fixes)
            kept += duty.keep_positions(session, report=report, now=fixes[-1].at).kept
    return kept


def _fixes(row: Round) -> list[Fix]:
    """Every five minutes along the straight lines between the places, as fast as the crew reported them."""
    spots = _spots(row)
    found = []
    for (left_at, lon, lat), (came_at, next_lon, next_lat) in pairwise(spots):
        whole_s, at = (came_at - left_at).total_seconds(), left_at
        while at < came_at:
            share = (at - left_at).total_seconds() / whole_s
            place = round(lon + (next_lon - lon) * share), round(lat + (next_lat - lat) * share)
            found.append(Fix(at.replace(microsecond=0), *place, ACCURACY_M))
            at += EVERY
    return found


def _spots(row: Round) -> list[Spot]:
    """Platform, stops as they were left, platform; trips one after the other."""
    home = row.platform
    if row.started_at is None:
        return []
    found: list[Spot] = [(row.started_at, home.lon_e6, home.lat_e6)]
    for trip in row.trips:
        for stop in trip.stops:
            if stop.closed_at is not None:
                firm = stop.request.enterprise
                found.append((stop.closed_at, firm.lon_e6, firm.lat_e6))
        if trip.arrived_at is not None:
            found.append((trip.arrived_at, home.lon_e6, home.lat_e6))
    return sorted(found, key=lambda spot: spot[0])
