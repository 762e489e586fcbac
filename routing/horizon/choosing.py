"""Days, depots and transfers together: where the requests would like to go, what that needs, what it gets.

First the requests are spread as if the stores had no bounds; the transfers are chosen for what that would
bring in; then the requests are spread again within the room the transfers make, and the transfers once
more for what really comes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from routing.horizon.estimates import FILL, estimate
from routing.horizon.levels import Levels
from routing.horizon.model import Horizon, Request, ServiceDay
from routing.horizon.onward import Effort, choose_transfers, total_leaving
from routing.horizon.spreading import spread
from routing.horizon.stock import Stock, Transfer


@dataclass(frozen=True, slots=True)
class Choice:
    """(day, depot) by request, none for one not chosen; transfers; the estimated cost in fen."""

    place_of: Mapping[str, tuple[int, str]]
    transfers: tuple[Transfer, ...]
    cost_fen: int


def choose(
    horizon: Horizon,
    requests: Sequence[Request],
    days: Sequence[ServiceDay],
    stock: Stock,
    effort: Effort,
    *,
    seed: int = 0,
    fill: float = FILL,
) -> Choice:
    """The best spread of these requests over these days, and the transfers, that the estimates lead to.

    `fill`: the part of a crew's day that may be filled by estimate.
    """
    estimates = estimate(horizon, requests, days, fill)
    numbers = [day.day for day in days]
    wish = spread(requests, days, estimates)
    transfers = choose_transfers(horizon, numbers, stock, wish.intake(requests), effort, seed=seed)
    levels = Levels(horizon, numbers, stock, total_leaving(transfers))
    found = spread(requests, days, estimates, levels, wish)
    if transfers:
        again = choose_transfers(horizon, numbers, stock, found.intake(requests), effort, seed=seed)
        if sum(one.cost_fen for one in again) < sum(one.cost_fen for one in transfers) and _holds(
            horizon, numbers, stock, found.intake(requests), again
        ):
            transfers = again
    cost_fen = found.cost_fen + sum(one.cost_fen for one in transfers)
    return Choice(found.place_of, tuple(transfers), cost_fen)


def _holds(
    horizon: Horizon,
    days: Sequence[int],
    stock: Stock,
    intake: Mapping[int, Stock],
    transfers: Sequence[Transfer],
) -> bool:
    """Whether no store overflows with this intake and these transfers."""
    levels = Levels(horizon, days, stock, total_leaving(transfers))
    return all(
        _admitted(levels, depot, day, grams) for day in days for depot, grams in intake.get(day, {}).items()
    )


def _admitted(levels: Levels, depot: str, day: int, grams: Mapping[str, int]) -> bool:
    if not levels.admits(depot, day, grams):
        return False
    levels.take(depot, day, grams, 1)
    return True
