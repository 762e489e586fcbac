"""How the fields of a problem are validated: plain functions that name the field they refuse.

Limits are wide enough for benchmark instances, whose metres and seconds are scaled by a thousand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

MASS = "mass_g"
DAY_S = 24 * 3600
HORIZON_S = 10**9
QUANTITY_MAX = 10**15
FEN_MAX = 10**12


class ProblemError(ValueError):
    """The input cannot be planned as it stands. `path` names the field, `reason` says what is wrong."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


def whole(path: str, value: object, low: int = 0, high: int = QUANTITY_MAX) -> int:
    """The value as an int between low and high. Raises ProblemError naming `path`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise ProblemError(path, f"must be a whole number, not {value!r}")
    if not low <= int(value) <= high:
        raise ProblemError(path, f"must be between {low} and {high}, not {value}")
    return int(value)


def text(path: str, value: object) -> str:
    """The value as a non-empty text. Raises ProblemError naming `path`."""
    if not isinstance(value, str) or not value:
        raise ProblemError(path, f"must be a non-empty text, not {value!r}")
    return value


def flag(path: str, value: object) -> bool:
    """The value as true or false. Raises ProblemError naming `path`."""
    if not isinstance(value, bool):
        raise ProblemError(path, f"must be true or false, not {value!r}")
    return value


def amounts(path: str, value: object, high: int = QUANTITY_MAX) -> dict[str, int]:
    """A mapping of names to amounts of zero or more. Raises ProblemError naming `path`."""
    if not isinstance(value, Mapping):
        raise ProblemError(path, "must be a mapping of names to whole numbers")
    return {
        text(f"{path} key", key): whole(f"{path}.{key}", amount, 0, high) for key, amount in value.items()
    }


def loads(path: str, value: object) -> dict[str, dict[str, int]]:
    """A mapping of load class to dimension to amount. Raises ProblemError naming `path`."""
    if not isinstance(value, Mapping):
        raise ProblemError(path, "must be a mapping of load classes to their amounts")
    return {text(f"{path} key", name): amounts(f"{path}.{name}", dims) for name, dims in value.items()}


def names(path: str, value: object) -> frozenset[str]:
    """A set of non-empty texts. Raises ProblemError naming `path`."""
    return frozenset(texts(path, value))


def texts(path: str, value: object) -> tuple[str, ...]:
    """A sequence of non-empty texts. Raises ProblemError naming `path`."""
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise ProblemError(path, "must be a list of texts")
    return tuple(text(path, item) for item in value)


def windows(path: str, value: object) -> tuple[tuple[int, int], ...]:
    """At least one (open_s, close_s), in order, not overlapping. Raises ProblemError naming `path`."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise ProblemError(path, "must be a list of at least one (open_s, close_s)")
    found: list[tuple[int, int]] = []
    for number, window in enumerate(value):
        if not isinstance(window, Sequence) or len(window) != 2:
            raise ProblemError(f"{path}[{number}]", "must be (open_s, close_s)")
        open_s = whole(f"{path}[{number}].open_s", window[0], 0, HORIZON_S)
        close_s = whole(f"{path}[{number}].close_s", window[1], 0, HORIZON_S)
        if close_s < open_s:
            raise ProblemError(f"{path}[{number}]", f"closes at {close_s} before it opens at {open_s}")
        if found and open_s <= found[-1][1]:
            raise ProblemError(f"{path}[{number}]", "windows must be in order and must not overlap")
        found.append((open_s, close_s))
    return tuple(found)


def set_fields(target: object, **values: Any) -> None:
    """Write the validated values into a frozen dataclass that is being constructed."""
    for name, value in values.items():
        object.__setattr__(target, name, value)
