"""Moves of a manual order in an address: nothing is stored until they are kept, and "back" undoes one."""

from __future__ import annotations

from collections.abc import Sequence

from ....domain.errors import InvalidInput
from ....services.planning import Move

_PARTING = "~"


def written(move: Move) -> str:
    """ "SQ2026080600012~浙F·示011~0~3": stop, vehicle, trip and position counted from 0."""
    return _PARTING.join((move.stop_id, move.vehicle_id, str(move.trip), str(move.position)))


def read(texts: Sequence[str]) -> list[Move]:
    """The moves of an address. Raises InvalidInput(plan.place_unknown)."""
    return [_read(text) for text in texts]


def _read(text: str) -> Move:
    stop_id, vehicle_id, trip, position = (text.split(_PARTING) + [""] * 4)[:4]
    if not stop_id or text.count(_PARTING) != 3:
        raise InvalidInput("plan.place_unknown", field="move", given=text[:40])
    return Move(stop_id, vehicle_id, whole(trip), whole(position))


def whole(text: str) -> int:
    """A small count from an address. Raises InvalidInput(plan.place_unknown)."""
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise InvalidInput("plan.place_unknown", field="move", given=text[:40])
    return int(text)
