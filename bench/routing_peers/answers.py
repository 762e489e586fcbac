"""What a solver found, and since when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from routing import Solution

Routes = Mapping[str, Sequence[Sequence[str]]]  # vehicle id -> trips -> stop ids
Elapsed = Callable[[], float]


@dataclass(frozen=True)
class Answer:
    """A solution held since `cpu_s` CPU seconds after the start; `make` writes it out."""

    cpu_s: float
    make: Callable[[], Solution]


class Runner(Protocol):
    """A solver whose model is built: search until the largest budget, in CPU seconds."""

    def __call__(self, budgets_s: Sequence[float], elapsed: Elapsed) -> list[Answer]: ...


def answer_at(answers: Sequence[Answer], budget_s: float, budgets_s: Sequence[float]) -> Answer | None:
    """What the solver would have answered with this budget.

    The largest budget gets the last answer, however late. A smaller one gets what was held by then, or the
    first answer up to three times the budget.
    """
    if budget_s == max(budgets_s):
        return answers[-1] if answers else None
    held = [answer for answer in answers if answer.cpu_s <= budget_s]
    if held:
        return held[-1]
    return next((answer for answer in answers if answer.cpu_s <= 3 * budget_s), None)
