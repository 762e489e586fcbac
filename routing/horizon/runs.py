"""The runs of one morning, fitted to what really lies in the stores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from routing.horizon.model import Horizon
from routing.horizon.roads import apart
from routing.horizon.stock import Stock, Transfer, copy, take_out


def fitted(horizon: Horizon, transfers: Iterable[Transfer], stock: Stock) -> list[Transfer]:
    """These runs with no more than there is, then filled up with what may ride along.

    A run that goes costs the same full or half full. Runs with nothing to carry are dropped.
    """
    going = trimmed(transfers, stock)
    left = copy(stock)
    take_out(left, going)
    delivered: dict[str, Counter[str]] = {plant.id: Counter() for plant in horizon.plants}
    for transfer in going:
        delivered[transfer.plant].update(transfer.load_g)
    return [_filled(horizon, transfer, left, delivered) for transfer in going]


def trimmed(transfers: Iterable[Transfer], stock: Stock) -> list[Transfer]:
    """The runs of one morning with no more than there is; those with nothing to carry are dropped."""
    left, found = copy(stock), []
    for transfer in transfers:
        there = left[transfer.depot]
        load = {name: min(grams, there[name]) for name, grams in transfer.load_g.items() if there[name] > 0}
        if load:
            there.subtract(load)
            found.append(replace(transfer, load_g=load))
    return found


def _filled(
    horizon: Horizon, transfer: Transfer, left: Stock, delivered: dict[str, Counter[str]]
) -> Transfer:
    carrier = next(one for one in horizon.carriers if one.id == transfer.carrier)
    plant = next(one for one in horizon.plants if one.id == transfer.plant)
    load, there, arrived = dict(transfer.load_g), left[transfer.depot], delivered[plant.id]
    for name in sorted(there, key=lambda name: (-there[name], name)):
        if name not in carrier.licences & plant.accepts:
            continue
        if any(apart(horizon, carrier, name, other) for other in load if other != name):
            continue
        room = carrier.capacity_g - sum(load.values())
        if name in plant.day_limit_g:
            room = min(room, plant.day_limit_g[name] - arrived[name])
        if plant.day_total_g is not None:
            room = min(room, plant.day_total_g - arrived.total())
        grams = min(room, there[name])
        if grams > 0:
            load[name] = load.get(name, 0) + grams
            there[name] -= grams
            arrived[name] += grams
    return replace(transfer, load_g=load)
