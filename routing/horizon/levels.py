"""What the stores hold day by day under an intake that changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from routing.horizon.model import Horizon
from routing.horizon.stock import Stock


class Levels:
    """What the stores hold day by day under a changing intake, with transfers as they are planned."""

    def __init__(
        self, horizon: Horizon, days: Sequence[int], stock: Stock, leaving: Mapping[int, Stock]
    ) -> None:
        self.days = {day: number for number, day in enumerate(days)}
        self.stores = {store.depot: store for store in horizon.stores}
        self.stock = stock
        self.out: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * len(days))
        self.coming: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * len(days))
        for day, depots in leaving.items():
            for depot, grams in depots.items():
                for name, amount in grams.items():
                    self.out[depot, name][self.days[day]] += amount

    def take(self, depot: str, day: int, grams: Mapping[str, int], sign: int) -> None:
        """Count an intake in (sign 1) or out (sign -1)."""
        if depot in self.stores:
            for name, amount in grams.items():
                self.coming[depot, name][self.days[day]] += sign * amount

    def admits(self, depot: str, day: int, grams: Mapping[str, int]) -> bool:
        """Whether the store can take this in on that day without overflowing then or later."""
        grams = {name: amount for name, amount in grams.items() if amount}
        if depot not in self.stores or not grams:
            return True
        self.take(depot, day, grams, 1)
        try:
            return self._holds(depot, self.days[day], grams)
        finally:
            self.take(depot, day, grams, -1)

    def _holds(self, depot: str, first: int, names: Iterable[str]) -> bool:
        """Whether these classes, and all together, stay within the store's limits from this day on."""
        store = self.stores[depot]
        for name in names:
            most = store.capacity_g.get(name)
            if most is not None and max(self._evenings(depot, name)[first:]) > most:
                return False
        if store.total_g is None:
            return True
        totals = [sum(levels) for levels in zip(*self._all(depot), strict=True)]
        return max(totals[first:], default=0) <= store.total_g

    def _all(self, depot: str) -> list[list[int]]:
        names = {name for where, name in self.coming if where == depot} | self.stock[depot].keys()
        return [self._evenings(depot, name) for name in sorted(names)]

    def _evenings(self, depot: str, name: str) -> list[int]:
        """The level each evening: a transfer takes no more than there is."""
        level, found = self.stock[depot][name], []
        for out, coming in zip(self.out[depot, name], self.coming[depot, name], strict=True):
            level = max(level - out, 0) + coming
            found.append(level)
        return found
