"""Which vehicle-days are re-planned together: a day and its nearest ones, small enough for OR-Tools.

After Taillard and Voss, POPMUSIC: a part of the plan is solved as a problem of its own and the result is
taken over only if every rule holds and the whole plan is cheaper.
"""

from __future__ import annotations

from random import Random

from routing.compiled import Compiled
from routing.ortools_model import Budget, replan
from routing.plan import Plan

STOPS_AT_MOST = 40
DAYS_AT_MOST = 4
EXTRA_AT_MOST = 5


def neighbourhood(c: Compiled, plan: Plan, rng: Random, cars: set[int] | None = None) -> list[int]:
    """A random used vehicle, the vehicles whose stops lie nearest to its stops, and an idle one to choose."""
    used = [k for k, day in enumerate(plan.days) if day.trips and (cars is None or k in cars)]
    if not used:
        return []
    seed = rng.choice(used)
    near = sorted(used, key=lambda k: (_apart(c, plan, seed, k), k))
    chosen: list[int] = []
    stops = 0
    for k in near[: rng.randint(2, DAYS_AT_MOST)]:
        size = sum(len(trip) for trip in plan.days[k].trips)
        if chosen and stops + size > STOPS_AT_MOST:
            break
        chosen.append(k)
        stops += size
    home = c.cars[seed].node
    idle = [
        k
        for k, day in enumerate(plan.days)
        if not day.trips and c.cars[k].node == home and (cars is None or k in cars)
    ]
    if idle:
        chosen.append(rng.choice(idle))
    return sorted(chosen)


def _apart(c: Compiled, plan: Plan, a: int, b: int) -> float:
    """Mean metres from the stops of one day to the nearest stop of the other; no exchange possible: far."""
    if a == b:
        return -1.0
    own = [s for trip in plan.days[a].trips for s in trip]
    other = [s for trip in plan.days[b].trips for s in trip]
    total = sum(min(c.distance[s][t] + c.distance[t][s] for t in other) for s in own)
    exchangeable = any(b in c.choices[s] for s in own) or any(a in c.choices[s] for s in other)
    return total / len(own) + (0.0 if exchangeable else 1e9)


def improve(
    c: Compiled, plan: Plan, rng: Random, budget: Budget, cars: set[int] | None = None
) -> Plan | None:
    """The plan with one neighbourhood re-planned by OR-Tools, if that is cheaper and holds every rule."""
    chosen = neighbourhood(c, plan, rng, cars)
    if not chosen:
        return None
    days = replan(c, plan, chosen, _extra(c, plan, rng, chosen), budget)
    if days is None:
        return None
    trial = plan.copy()
    trial.set_days(days)
    if not trial.storage_holds() or trial.cost() >= plan.cost() - 1e-6:
        return None
    return trial


def _extra(c: Compiled, plan: Plan, rng: Random, chosen: list[int]) -> list[int]:
    """A few left-out stops that these vehicles may carry and that their depots can all take in together."""
    depots = sorted({c.cars[k].node for k in chosen})
    waiting = [s for s in sorted(plan.absent) if not set(chosen).isdisjoint(c.choices[s])]
    rng.shuffle(waiting)
    trial = plan.copy()
    extra: list[int] = []
    for s in waiting:
        if len(extra) < EXTRA_AT_MOST and not any(trial.storage_over_g(depot, s) for depot in depots):
            extra.append(s)
            for depot in depots:
                trial.store(depot, s, 1)
    return extra
