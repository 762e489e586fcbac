"""What verify() answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import tree

PROBLEMS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Problem:
    """What does not fit, and at which entry; `idx` is -1 when it concerns no single entry."""

    idx: int
    kind: str
    detail: str


@dataclass(slots=True)
class VerifyReport:
    """`log_ok`: the evidence itself. `books_ok`: everything derived from it. Lists at most 1,000 problems."""

    entries: int = 0
    signatures: int = 0
    log_ok: bool = True
    books_ok: bool = True
    root: bytes = tree.EMPTY_ROOT
    problems: list[Problem] = field(default_factory=list)
    problems_left_out: int = 0

    @property
    def ok(self) -> bool:
        return self.log_ok and self.books_ok

    def damaged(self, idx: int, kind: str, detail: str) -> None:
        """A fault of the evidence."""
        self.log_ok = False
        self._add(Problem(idx, kind, detail))

    def misbooked(self, idx: int, kind: str, detail: str) -> None:
        """A fault of something that follows from the evidence."""
        self.books_ok = False
        self._add(Problem(idx, kind, detail))

    def _add(self, problem: Problem) -> None:
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(problem)
        else:
            self.problems_left_out += 1
