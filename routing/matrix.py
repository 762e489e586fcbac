"""Metres and seconds between locations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.fields import ProblemError, set_fields

TRAVEL_MAX = 10**9
UNREACHABLE = TRAVEL_MAX + 1  # an entry this large or larger says that there is no way

IntMatrix = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Travel:
    """Metres and seconds from each location (row) to each (column): shape (n, n), may be asymmetric."""

    distance_m: IntMatrix
    duration_s: IntMatrix

    def __post_init__(self) -> None:
        distance_m = _matrix("travel.distance_m", self.distance_m)
        duration_s = _matrix("travel.duration_s", self.duration_s)
        if distance_m.shape != duration_s.shape:
            raise ProblemError(
                "travel.duration_s", f"has shape {duration_s.shape}, distance_m has {distance_m.shape}"
            )
        set_fields(self, distance_m=distance_m, duration_s=duration_s)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Travel):
            return NotImplemented
        return bool(
            np.array_equal(self.distance_m, other.distance_m)
            and np.array_equal(self.duration_s, other.duration_s)
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def size(self) -> int:
        return int(self.distance_m.shape[0])


def _matrix(path: str, value: object) -> IntMatrix:
    try:
        raw = np.asarray(value)
    except (ValueError, OverflowError):
        raise ProblemError(path, "rows are of different length, or numbers are too large") from None
    if raw.ndim != 2 or raw.shape[0] != raw.shape[1] or raw.shape[0] == 0:
        raise ProblemError(path, f"must be square, not of shape {raw.shape}")
    if raw.dtype.kind not in "iu":
        raise ProblemError(path, f"must hold whole numbers, not {raw.dtype}")
    if int(raw.min()) < 0 or int(raw.max()) >= UNREACHABLE:
        _refuse_first_bad(path, raw)
    matrix: IntMatrix = np.array(raw, dtype=np.int64)
    matrix.setflags(write=False)
    return matrix


def _refuse_first_bad(path: str, raw: npt.NDArray[np.integer]) -> None:
    row, column = (int(index) for index in np.argwhere((raw < 0) | (raw >= UNREACHABLE))[0])
    value = raw[row, column]
    reason = f"must not be negative, not {value}"
    if value >= UNREACHABLE:
        reason = f"must be at most {TRAVEL_MAX}, not {value}: location {column} is unreachable from {row}"
    raise ProblemError(f"{path}[{row}][{column}]", reason)
