"""One line of an instance file, and what is refused in it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from routing.problem import ProblemError


@dataclass(frozen=True, slots=True)
class Line:
    """A line taken apart into words. `place` names its section and number for errors."""

    place: str
    words: tuple[str, ...]

    def refuse(self, reason: str) -> ProblemError:
        return ProblemError(self.place, reason)

    def number(self, column: int, low: float = 0.0, high: float = 1e9) -> float:
        """The finite number in this column, between low and high. Raises ProblemError."""
        if column >= len(self.words):
            raise self.refuse(f"has {len(self.words)} columns, at least {column + 1} are needed")
        word = self.words[column]
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.refuse(f"{word!r} is not a number")
        if not low <= value <= high:
            raise self.refuse(f"{word} is not between {low:g} and {high:g}")
        return value

    def count(self, column: int, low: int = 0, high: int = 10**9) -> int:
        """The whole number in this column, between low and high. Raises ProblemError."""
        value = self.number(column, low, high)
        if not value.is_integer():
            raise self.refuse(f"{self.words[column]} is not a whole number")
        return int(value)

    def window(self, column: int, latest: float) -> tuple[float, float]:
        """(opens, closes) from this column and the next. Raises ProblemError."""
        opens, closes = self.number(column, 0, latest), self.number(column + 1, 0, latest)
        if closes < opens:
            raise self.refuse(f"closes at {self.words[column + 1]} before it opens at {self.words[column]}")
        return opens, closes
