"""Ruin and recreate over feasible insertions: the complement to the OR-Tools sub-solves.

After Christiaens and Vanden Berghe, Slack Induction by String Removals (2020): take neighbouring
stretches of stops out of several days, put them back one by one at their cheapest feasible place with
occasional blinks, accept like simulated annealing. Every rule is held in every step.
"""

from __future__ import annotations

import math
from random import Random

from routing.compiled import Compiled
from routing.plan import Plan

BLINK = 0.015
MEAN_REMOVED = 9
LONGEST_STRING = 8


class Search:
    """A current and a best plan."""

    def __init__(self, c: Compiled, plan: Plan, seed: int) -> None:
        self.c = c
        self.rng = Random(seed)
        self.current = plan
        self.current_cost = plan.cost()
        self.best = plan.copy()
        self.best_cost = self.current_cost
        self.iterations = 0

    def scale(self) -> float:
        """Mean fen per planned stop: what temperatures are measured in."""
        planned = max(len(self.current.home), 1)
        return max(sum(day.cost_fen for day in self.current.days) / planned, 1.0)

    def step(self, temperature: float) -> None:
        """One ruin and recreate; keep the result or go back."""
        self.iterations += 1
        before = self.current
        trial = before.copy()
        self._ruin(trial)
        self._recreate(trial)
        cost = trial.cost()
        threshold = self.current_cost - temperature * math.log(max(self.rng.random(), 1e-12))
        if cost < threshold:
            self.current, self.current_cost = trial, cost
            if cost < self.best_cost - 1e-6:
                self.best, self.best_cost = trial.copy(), cost

    def _ruin(self, plan: Plan) -> None:
        planned = sorted(plan.home)
        if not planned:
            return
        seed_stop = self.rng.choice(sorted([*planned, *plan.absent]))
        roll = self.rng.random()
        if roll < 0.12:
            home = plan.home.get(seed_stop, plan.home[planned[0]])
            plan.remove([s for trip in plan.days[home].trips for s in trip])
        elif roll < 0.24:
            plan.remove(self._one_trip(plan, self.rng.choice(planned)))
        elif roll < 0.32:
            plan.remove(self.rng.sample(planned, min(len(planned), self.rng.randint(1, MEAN_REMOVED))))
        else:
            plan.remove(self._strings(plan, seed_stop))

    def _one_trip(self, plan: Plan, s: int) -> list[int]:
        return next(list(trip) for trip in plan.days[plan.home[s]].trips if s in trip)

    def _strings(self, plan: Plan, seed_stop: int) -> list[int]:
        """Stretches of neighbouring days around one stop."""
        rng = self.rng
        longest = rng.randint(1, LONGEST_STRING)
        days = rng.randint(1, max(1, min(5, round(2 * MEAN_REMOVED / longest))))
        gone: list[int] = []
        touched: set[tuple[int, int]] = set()
        for s in self.c.near[seed_stop]:
            if len(touched) >= days:
                break
            k = plan.home.get(s)
            if k is None:
                continue
            trips = plan.days[k].trips
            number = next(i for i, trip in enumerate(trips) if s in trip)
            if (k, number) in touched:
                continue
            touched.add((k, number))
            trip = trips[number]
            length = rng.randint(1, min(longest, len(trip)))
            at = trip.index(s)
            first = rng.randint(max(0, at - length + 1), min(at, len(trip) - length))
            gone += trip[first : first + length]
        return gone

    def _recreate(self, plan: Plan) -> None:
        c, rng = self.c, self.rng
        absent = sorted(plan.absent)
        if len(absent) > 30:
            absent = rng.sample(absent, 30)
        how = rng.random()
        if how < 0.4:
            rng.shuffle(absent)
        elif how < 0.6:
            absent.sort(key=lambda s: (-max(c.load[s]), s))
        elif how < 0.75:
            absent.sort(key=lambda s: (-c.distance[0][s], s))
        elif how < 0.85:
            absent.sort(key=lambda s: (c.distance[0][s], s))
        else:
            absent.sort(key=lambda s: (len(c.choices[s]), c.windows[s][-1][1] - c.windows[s][0][0], s))
        for s in absent:
            place = plan.best_place(s, rng=rng, blink=BLINK, tries=4)
            if place is not None:
                plan.insert(s, place)
