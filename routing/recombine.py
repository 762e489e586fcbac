"""The best plan that can be put together from vehicle-days already found: set partitioning by CP-SAT.

Every stop is in exactly one chosen day (or left out, where the present plan leaves it out or it is
optional); no kind of vehicle is used more often than there are vehicles; no depot takes in more than it
may, per class and in all. The days themselves hold all other rules.

Columns are bounded twice: the days of the best plans first, then those with the smallest reduced cost
under multipliers found by a subgradient method (deterministic, a few dozen passes over the columns).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from routing.core.layout import FAR, Net, Pool
from routing.core.tables import Array
from routing.engine import KindDay, Run

CANDIDATES = 10_000
COLUMNS = 4_000
PASSES = 120


@dataclass(slots=True)
class Columns:
    """Days to choose from. `stops`: which stops (counted from 0) each holds, one after the other."""

    days: list[KindDay]
    cost: Array  # f8[column]
    kind: Array  # i8[column]
    stops: Array  # i8[entry]
    column: Array  # i8[entry]

    def only(self, keep: Array) -> Columns:
        """These columns, in this order."""
        at = np.full(len(self.days), -1)
        at[keep] = np.arange(len(keep))
        entries = at[self.column] >= 0
        return Columns(
            [self.days[i] for i in keep], self.cost[keep], self.kind[keep], self.stops[entries],
            at[self.column[entries]],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limit:
    """How long CP-SAT may work: wall seconds, or deterministic time (then repeatable)."""

    seconds: float | None = None
    deterministic: float | None = None


def recombine(runs: Sequence[Run], limit: Limit, seed: int) -> list[KindDay] | None:
    """A plan cheaper than the best of these runs, or None if none was found in time."""
    best = min(runs, key=lambda run: run.best_cost)
    columns, chosen = gather(runs, best)
    net = best.engine.net
    if len(columns.days) <= len(chosen):
        return None
    columns, chosen = promising(net, columns, chosen, best.best_cost)
    picked = _choose(net, columns, chosen, best, limit, seed)
    return None if picked is None else [columns.days[i] for i in picked]


def gather(runs: Sequence[Run], best: Run) -> tuple[Columns, list[int]]:
    """The best plan's days (first) and the days of good plans of all runs; and which are the best plan's."""
    first = best.engine.first
    found: dict[tuple[int, frozenset[int]], tuple[float, KindDay]] = {}
    for day, cost in zip(best.best(), best.best_costs(), strict=True):
        found[_key(day, first)] = (cost, day)
    own = len(found)
    for run in runs:
        known = list(zip(run.best_costs(), run.best(), strict=True))
        for cost, day in known + _remembered(run.pool, CANDIDATES // len(runs)):
            key = _key(day, first)
            if key not in found or (cost < found[key][0] - 1e-6):
                found[key] = (cost, day)
    days = [day for _, day in found.values()]
    stops = [np.array([n - first for n in day.nodes if n >= first], np.int64) for day in days]
    columns = Columns(
        days, np.array([cost for cost, _ in found.values()]), np.array([day.kind for day in days]),
        np.concatenate(stops), np.repeat(np.arange(len(days)), [len(part) for part in stops]),
    )  # fmt: skip
    return columns, list(range(own))


def _key(day: KindDay, first: int) -> tuple[int, frozenset[int]]:
    return day.kind, frozenset(node for node in day.nodes if node >= first)


def _remembered(pool: Pool, most: int) -> list[tuple[float, KindDay]]:
    """The days of the best plans seen, `most` at most."""
    slots = np.flatnonzero(pool.key)
    if len(slots) > most:
        slots = slots[np.argsort(pool.quality[slots], kind="stable")[:most]]
    return [
        (
            float(pool.cost[slot]),
            KindDay(int(pool.kind[slot]), tuple(pool.nodes[pool.start[slot] :][: pool.size[slot]].tolist())),
        )
        for slot in slots
    ]


def promising(net: Net, columns: Columns, chosen: list[int], best_cost: float) -> tuple[Columns, list[int]]:
    """At most COLUMNS of the columns, those of smallest reduced cost, the chosen ones always among them."""
    reduced, bound = _reduced_costs(net, columns, chosen)
    gap = max(best_cost - bound, 0.0)
    reduced[chosen] = -np.inf
    order = np.argsort(reduced, kind="stable")
    keep = order[: max(COLUMNS, len(chosen))]
    keep = keep[reduced[keep] <= gap + 1e-6]
    keep = np.concatenate([np.array(chosen, np.int64), np.setdiff1d(keep, chosen)])
    return columns.only(keep), list(range(len(chosen)))


def _reduced_costs(net: Net, columns: Columns, chosen: list[int]) -> tuple[Array, float]:
    """Reduced costs under the best multipliers found, and the lower bound these give for this choice."""
    stops, kinds = int(columns.stops.max(initial=-1)) + 1, len(net.kinds)
    count = net.kinds["count"].astype(float)
    sizes = np.maximum(np.bincount(columns.column, minlength=len(columns.days)), 1)
    worth = np.zeros(stops)
    planned = np.isin(columns.column, chosen)
    worth[columns.stops[planned]] = (columns.cost / sizes)[columns.column[planned]]
    rent = np.zeros(kinds)
    target = float(columns.cost[chosen].sum())
    best, best_reduced, step = -np.inf, columns.cost.copy(), 1.0
    needed = np.zeros(stops, bool)
    needed[columns.stops[planned]] = True
    worth[~needed] = 0.0
    for _ in range(PASSES):
        reduced = (
            columns.cost
            - np.bincount(columns.column, weights=worth[columns.stops], minlength=len(columns.days))
            + rent[columns.kind]
        )
        taken = reduced < 0
        bound = float(worth.sum() + reduced[taken].sum() - (rent * count).sum())
        if bound > best:
            best, best_reduced = bound, reduced
        else:
            step *= 0.95
        covered = np.bincount(columns.stops[taken[columns.column]], minlength=stops)
        miss = np.where(needed, 1.0 - covered, 0.0)
        used = np.bincount(columns.kind[taken], minlength=kinds) - count
        used = np.where((rent > 0) | (used > 0), used, 0.0)
        length = float((miss**2).sum() + (used**2).sum())
        if length == 0:
            break
        move = step * max(1.02 * target - bound, 1e-3 * abs(target)) / length
        worth += move * miss
        rent = np.maximum(rent + move * used, 0.0)
    return best_reduced, best


def _choose(
    net: Net, columns: Columns, chosen: list[int], best: Run, limit: Limit, seed: int
) -> list[int] | None:
    """Columns of a plan cheaper than the chosen one, or None."""
    model = cp_model.CpModel()
    take = [model.new_bool_var("") for _ in columns.days]
    scale = 1e9 / max(float(columns.cost.max()), 1.0) if columns.cost.max() > 1e9 else 1000.0
    absent = {node - best.engine.first for node in best.best_absent()}
    by_stop: dict[int, list[int]] = {int(s): [] for s in columns.stops}
    for s, i in zip(columns.stops.tolist(), columns.column.tolist(), strict=True):
        by_stop[s].append(i)
    objective, prices = list(take), [round(float(cost) * scale) for cost in columns.cost]
    hints = dict.fromkeys(chosen, 1)
    for s in sorted(by_stop.keys() | absent):
        literals = [take[i] for i in by_stop.get(s, [])]
        out = _left_out(net, best, s, s in absent)
        if out is not None:
            skip = model.new_bool_var("")
            model.add_hint(skip, s in absent)
            literals.append(skip)
            objective.append(skip)
            prices.append(round(out * scale))
        model.add_exactly_one(literals)
    _fleet(net, model, columns, take)
    _storage(net, model, columns, take)
    for i, variable in enumerate(take):
        model.add_hint(variable, hints.get(i, 0))
    model.minimize(cp_model.LinearExpr.weighted_sum(objective, prices))
    solver = _solver(limit, seed)
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    picked = [i for i, variable in enumerate(take) if solver.boolean_value(variable)]
    return None if picked == chosen else picked


def _solver(limit: Limit, seed: int) -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed & 0x7FFFFFFF
    solver.parameters.linearization_level = 2
    if limit.seconds is not None:
        solver.parameters.max_time_in_seconds = limit.seconds
    if limit.deterministic is not None:
        solver.parameters.max_deterministic_time = limit.deterministic
    return solver


def _left_out(net: Net, best: Run, s: int, is_absent: bool) -> float | None:
    """What leaving this stop out counts, None if that is not to be thought of."""
    price = float(net.absence[s + best.engine.first])
    return price if is_absent or not best.engine.required[s + best.engine.first] else None


def _fleet(net: Net, model: cp_model.CpModel, columns: Columns, take: list[cp_model.IntVar]) -> None:
    for k, kind in enumerate(net.kinds):
        mine = [take[i] for i in np.flatnonzero(columns.kind == k)]
        if kind["begun"] >= 0:
            model.add_exactly_one(mine)
        elif len(mine) > kind["count"]:
            model.add(sum(mine) <= int(kind["count"]))


def _storage(net: Net, model: cp_model.CpModel, columns: Columns, take: list[cp_model.IntVar]) -> None:
    """What the chosen days bring to a depot stays within what is left there."""
    if not net.rules[0]["storage"]:
        return
    depot_of = net.kinds["depot"][columns.kind]
    brought = np.zeros((len(take), net.storage.shape[1]), np.int64)
    first = int(net.rules[0]["first"])
    for s, i in zip(columns.stops.tolist(), columns.column.tolist(), strict=True):
        for name, grams in net.mass[net.mass_at[s + first] : net.mass_at[s + first + 1]].tolist():
            brought[i, name] += grams
            brought[i, -1] += grams
    carried = net.incoming
    for depot in range(len(net.depots)):
        for name in np.flatnonzero(net.storage[depot] < FAR):
            mine = np.flatnonzero((depot_of == depot) & (brought[:, name] > 0))
            left = int(net.storage[depot, name] - carried[depot, name])
            if brought[mine, name].sum() > left:
                model.add(
                    cp_model.LinearExpr.weighted_sum([take[i] for i in mine], brought[mine, name].tolist())
                    <= left
                )
