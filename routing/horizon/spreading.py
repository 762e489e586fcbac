"""Which request on which day and from which depot: a local search on estimated costs.

Requests go one after the other, the most pressing first, to the day on which they cost least more: where
a vehicle is sent to their neighbourhood anyway, and where crews are least busy. Then single requests and
whole neighbourhoods look for a better day until none finds one. Work, loads, licences and stores are kept
throughout; a request for which there is no room is left out, which costs more than anything.
Deterministic.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from routing.horizon.estimates import Estimates, Visit, total_load
from routing.horizon.levels import Levels
from routing.horizon.limits import Limits, prices
from routing.horizon.model import Request, ServiceDay
from routing.horizon.stock import Stock, mass_by_class

ROUNDS = 4
# By how much a second of work costs more on a day that is full than on an empty one: room left over is
# worth something, for what the estimate did not see and for what will still be asked for.
CROWDING = 0.2


@dataclass(frozen=True, slots=True)
class Spread:
    """(day, depot) by request; the estimated cost of the visits, approaches and vehicles."""

    place_of: Mapping[str, tuple[int, str]]
    cost_fen: int

    def intake(self, requests: Sequence[Request]) -> dict[int, Stock]:
        """Grams expected: day -> depot -> load class."""
        found: dict[int, Stock] = {}
        for request in requests:
            if request.id in self.place_of:
                day, depot = self.place_of[request.id]
                found.setdefault(day, {}).setdefault(depot, Counter()).update(mass_by_class(request.stop))
        return found


def spread(
    requests: Sequence[Request],
    days: Sequence[ServiceDay],
    estimates: Estimates,
    stores: Levels | None = None,
    wish: Spread | None = None,
) -> Spread:
    """A day and a depot for each request, as far as there is room. `stores`: None leaves them aside.

    `wish`: where to begin, as far as there is room for it.
    """
    search = _Search(requests, days, estimates, stores)
    if wish is not None:
        search.grant(wish)
    for i in sorted(range(len(requests)), key=lambda i: (requests[i].due_day, len(estimates.visits[i]), i)):
        if i not in search.chosen:
            search.place(i)
    for _ in range(ROUNDS):
        before = search.cost_fen
        search.gather()
        search.move_requests()
        search.move_neighbourhoods()
        if search.cost_fen > before - 1:
            break
    return search.spread()


class _Search:
    def __init__(
        self,
        requests: Sequence[Request],
        days: Sequence[ServiceDay],
        estimates: Estimates,
        stores: Levels | None,
    ) -> None:
        self.requests, self.estimates, self.stores = requests, estimates, stores
        self.loads = [total_load(request.stop) for request in requests]
        self.grams = [mass_by_class(request.stop) for request in requests]
        self.chosen: dict[int, Visit] = {}
        self.sent: Counter[tuple[int, int]] = Counter()
        self.work_s = [0] * len(estimates.bases)
        self.held: list[Counter[str]] = [Counter() for _ in estimates.bases]
        self.class_work_s: list[Counter[str]] = [Counter() for _ in estimates.bases]
        self.limits = [Limits(base, days) for base in estimates.bases]
        self.price = prices(requests, estimates, days[-1].day)
        self.cost_fen = float(sum(self.price))  # with crowding, which the result leaves out

    def spread(self) -> Spread:
        bases = self.estimates.bases
        place_of = {
            self.requests[i].id: (bases[visit.base].day, bases[visit.base].depot)
            for i, visit in sorted(self.chosen.items())
        }
        sent = (key for key, visits in self.sent.items() if visits)
        cost = sum(self.estimates.approaches[key].cost_fen for key in sent)
        cost += sum(visit.cost_fen for visit in self.chosen.values())
        vehicles = sum(base.vehicles_fen(work) for base, work in zip(bases, self.work_s, strict=True))
        return Spread(place_of, cost + round(vehicles))

    def grant(self, wish: Spread) -> None:
        """Put every request where it wishes to be, the most pressing first, if there is room."""
        for i in sorted(range(len(self.requests)), key=lambda i: (self.requests[i].due_day, i)):
            wanted = wish.place_of.get(self.requests[i].id)
            for visit in self.estimates.visits[i]:
                base = self.estimates.bases[visit.base]
                if (base.day, base.depot) == wanted and self._fits(visit):
                    self._put(visit)

    def place(self, i: int) -> None:
        """Put request i where it costs least more, or nowhere if that is cheaper or there is no room."""
        options = [visit for visit in self.estimates.visits[i] if self._fits(visit)]
        best = min(options, key=lambda visit: (self._extra_fen(visit), visit.base), default=None)
        if best is not None and self._extra_fen(best) < self.price[i]:
            self._put(best)

    def gather(self) -> None:
        """Let those of a neighbourhood that wait for company go together, where that is cheaper."""
        waiting: dict[tuple[int, int], list[Visit]] = defaultdict(list)
        for i, visits in enumerate(self.estimates.visits):
            for visit in visits if i not in self.chosen else ():
                waiting[self._key(visit)].append(visit)
        for _, visits in sorted(waiting.items()):
            before, put = self.cost_fen, list[Visit]()
            for visit in visits:
                if visit.request not in self.chosen and self._fits(visit):
                    self._put(visit)
                    put.append(visit)
            if self.cost_fen >= before:
                for visit in put:
                    self._take(visit)

    def move_requests(self) -> None:
        """Let every request look for a better place."""
        for i in range(len(self.requests)):
            if i in self.chosen:
                self._take(self.chosen[i])
            self.place(i)

    def move_neighbourhoods(self) -> None:
        """Let the requests of a neighbourhood that share a day look for another day together."""
        groups: dict[tuple[int, int], list[int]] = defaultdict(list)
        for i, visit in self.chosen.items():
            groups[self._key(visit)].append(i)
        for (group, base), members in sorted(groups.items()):
            if [self._key(self.chosen[i]) for i in members] == [(group, base)] * len(members):
                self._move_together(members)

    def _move_together(self, members: list[int]) -> None:
        before, old = self.cost_fen, [self.chosen[i] for i in members]
        for visit in old:
            self._take(visit)
        best, best_cost = old, before
        for base in sorted({visit.base for visit in self.estimates.visits[members[0]]} - {old[0].base}):
            new = self._all_at(members, base)
            if len(new) == len(members) and self.cost_fen < best_cost:
                best, best_cost = new, self.cost_fen
            for visit in new:
                self._take(visit)
        for visit in best:
            self._put(visit)

    def _all_at(self, members: list[int], base: int) -> list[Visit]:
        """Put all of them at this base; those that found room."""
        placed = []
        for i in members:
            visit = next((one for one in self.estimates.visits[i] if one.base == base), None)
            if visit is None or not self._fits(visit):
                break
            self._put(visit)
            placed.append(visit)
        return placed

    def _key(self, visit: Visit) -> tuple[int, int]:
        return self.estimates.neighbourhood[visit.request], visit.base

    def _work_s(self, visit: Visit) -> int:
        """Work of one more visit, with its approach if nobody is sent there yet."""
        key = self._key(visit)
        return visit.work_s + (0 if self.sent[key] else self.estimates.approaches[key].work_s)

    def _extra_fen(self, visit: Visit) -> float:
        """Fen for one more visit, with what it adds to approaches, vehicles and crowding."""
        key, base = self._key(visit), self.estimates.bases[visit.base]
        approach = 0 if self.sent[key] else self.estimates.approaches[key].cost_fen
        before = self.work_s[visit.base]
        after = before + self._work_s(visit)
        vehicles = base.vehicles_fen(after) - base.vehicles_fen(before)
        squares = (after * after - before * before) / (2 * max(base.vehicles * base.seconds, 1))
        crowding = CROWDING * (base.fen_per_s + base.use_fen / max(base.seconds, 1)) * squares
        return visit.cost_fen + approach + vehicles + crowding

    def _fits(self, visit: Visit) -> bool:
        i, b = visit.request, visit.base
        base, limits, work_s = self.estimates.bases[b], self.limits[b], self._work_s(visit)
        if self.work_s[b] + work_s > base.vehicles * base.seconds:
            return False
        if any(self.held[b][name] + load > limits.load.get(name, 0) for name, load in self.loads[i].items()):
            return False
        for name, grams in self.grams[i].items():
            if self.class_work_s[b][name] + visit.work_s > limits.class_work_s.get(name, 0):
                return False
            if grams and self.held[b][f"class {name}"] + grams > limits.class_g.get(name, grams * 10**6):
                return False
        total = limits.total_g
        if total is not None and self.held[b]["all classes"] + self.grams[i].total() > total:
            return False
        return self.stores is None or self.stores.admits(base.depot, base.day, self.grams[i])

    def _put(self, visit: Visit) -> None:
        self.cost_fen += self._extra_fen(visit) - self.price[visit.request]
        self.work_s[visit.base] += self._work_s(visit)
        self.sent[self._key(visit)] += 1
        self.chosen[visit.request] = visit
        self._count(visit, 1)

    def _take(self, visit: Visit) -> None:
        self.sent[self._key(visit)] -= 1
        self.work_s[visit.base] -= self._work_s(visit)
        self.cost_fen -= self._extra_fen(visit) - self.price[visit.request]
        del self.chosen[visit.request]
        self._count(visit, -1)

    def _count(self, visit: Visit, sign: int) -> None:
        i, held = visit.request, self.held[visit.base]
        for name, load in self.loads[i].items():
            held[name] += sign * load
        for name, grams in self.grams[i].items():
            held[f"class {name}"] += sign * grams
            self.class_work_s[visit.base][name] += sign * visit.work_s
        held["all classes"] += sign * self.grams[i].total()
        if self.stores is not None:
            base = self.estimates.bases[visit.base]
            self.stores.take(base.depot, base.day, self.grams[i], sign)
