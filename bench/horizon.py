"""How fast does a stored forecast answer? 200 stops a day on seven platforms, all rules, several days.

python -m bench.horizon [--days 5] [--stops 29] [--seconds 60] [--questions 200] [--seed 1]

Plans the days once, then measures what a request form waits for: reading the stored plan, and for each of
many newcomers the offers of all days. On a machine that does other work the CPU milliseconds are the ones
to compare.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from dataclasses import replace

import numpy as np

from bench import planner_cases
from routing import StopRule, Travel
from routing.horizon import Horizon, HorizonPlan, Request, ServiceDay, near_misses, offer, plan_days
from routing.horizon.json_io import plan_from_dict, plan_to_dict


def horizon(days: int, stops_per_depot: int, seed: int) -> Horizon:
    """As many days of `stops_per_depot` stops for each of seven depots; stops due within three days."""
    full = planner_cases.day(stops_per_depot * days, seed=seed)
    fleet = planner_cases.day(stops_per_depot, seed=seed)
    rng = np.random.default_rng(seed)
    ready = rng.integers(0, days, len(full.stops))
    last = days - 1
    return Horizon(
        days=tuple(
            ServiceDay(
                day=number,
                vehicles=fleet.vehicles,
                depots=tuple(
                    replace(one, storage_left={}, storage_total_left_g=None) for one in fleet.depots
                ),
            )
            for number in range(days)
        ),
        requests=tuple(
            Request(stop=stop, ready_day=int(day), due_day=min(int(day) + 2, last))
            for stop, day in zip(full.stops, ready, strict=True)
        ),
        travel=Travel(full.travel.distance_m, full.travel.duration_s),
        conflicts=full.conflicts,
        alone=full.alone,
    )


def milliseconds(values: list[float]) -> dict[str, float]:
    """Median, 95 of 100 and worst."""
    ordered = sorted(values)
    return {
        "median_ms": round(1000 * statistics.median(ordered), 1),
        "p95_ms": round(1000 * ordered[int(len(ordered) * 0.95)], 1),
        "worst_ms": round(1000 * ordered[-1], 1),
    }


def asked(plan: HorizonPlan, count: int) -> tuple[list[float], list[float], int]:
    """Wall and CPU seconds for each newcomer, and how many of them got a day at all."""
    last, taken, worked, served = len(plan.days) - 1, list[float](), list[float](), 0
    rng = np.random.default_rng(2)
    for number in range(count):
        like = plan.horizon.requests[int(rng.integers(len(plan.horizon.requests)))]
        new = Request(stop=replace(like.stop, id=f"new {number}"), ready_day=0, due_day=last)
        begin, begin_cpu = time.perf_counter(), time.process_time()
        found = offer(plan, new)
        taken.append(time.perf_counter() - begin)
        worked.append(time.process_time() - begin_cpu)
        served += any(one.why_not is None for one in found)
    return taken, worked, served


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=5)
    parser.add_argument("--stops", type=int, default=29, help="for each of seven depots and each day")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    case = horizon(options.days, options.stops, options.seed)
    begin = time.perf_counter()
    plan = plan_days(case, stop=StopRule(seconds=options.seconds), seed=options.seed)
    row: dict[str, object] = {
        "days": options.days,
        "requests": len(case.requests),
        "undone": len(plan.undone),
        "plan_s": round(time.perf_counter() - begin, 1),
    }
    text = json.dumps(plan_to_dict(plan))
    reads = []
    for _ in range(5):
        begin = time.perf_counter()
        plan = plan_from_dict(json.loads(text), case.travel)
        reads.append(time.perf_counter() - begin)
    print(json.dumps(row | {"stored_bytes": len(text)}))
    print(json.dumps({"what": "read the stored plan", **milliseconds(reads)}))
    asked(plan, 3)
    taken, worked, served = asked(plan, options.questions)
    print(json.dumps({"what": "offer", "questions": len(taken), "got_a_day": served, **milliseconds(taken)}))
    print(json.dumps({"what": "offer, CPU", **milliseconds(worked)}))
    metres = case.travel.distance_m
    begin = time.perf_counter()
    near = near_misses(plan, metres, metres.T, radius_m=3_000)
    row = {"what": "near_misses", "places": len(metres), "found": len(near)}
    print(json.dumps(row | {"seconds": round(time.perf_counter() - begin, 2)}))


if __name__ == "__main__":
    main()
