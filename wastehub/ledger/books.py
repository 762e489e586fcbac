"""The books in memory: accounts, labels and cases as the log so far made them. No database.

`append` fills a Books with the rows that its events can touch, `verify` starts with an empty one and
replays the whole log; both go through the same `apply`, so they cannot disagree about a rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from . import mass
from .accounts import Account, Case, Held, LabelState, Posted
from .events import Event


@dataclass(slots=True)
class Sums:
    """Grams into and out of an account, and the entry that touched it last."""

    in_g: int = 0
    out_g: int = 0
    last_idx: int = -1

    @property
    def balance_g(self) -> int:
        return self.in_g - self.out_g


@dataclass(slots=True)
class LabelRecord:
    state: LabelState
    last_event: str
    last_idx: int


@dataclass(slots=True)
class CaseRecord:
    case: Case
    opened_idx: int
    closed_idx: int | None


class Books:
    """An accounts.View that remembers what changed."""

    def __init__(self) -> None:
        self.accounts: dict[Account, Sums] = {}
        self.labels: dict[str, LabelRecord] = {}
        self.cases: dict[str, CaseRecord] = {}

    def label(self, label: str) -> LabelState | None:
        record = self.labels.get(label)
        return record.state if record else None

    def case(self, key: str) -> Case | None:
        record = self.cases.get(key)
        return record.case if record else None

    def balance_g(self, account: Account) -> int:
        sums = self.accounts.get(account)
        return sums.balance_g if sums else 0

    def apply(self, idx: int, event: Event) -> Posted | Held:
        """Run the kernel on the entry `idx` and take over what it posts."""
        result = mass.apply(event, self)
        if isinstance(result, Posted):
            self._take(idx, str(event.id), result)
        return result

    def _take(self, idx: int, event_id: str, posted: Posted) -> None:
        for src, dst, mass_g in posted.postings:
            out = self.accounts.setdefault(src, Sums())
            out.out_g += mass_g
            out.last_idx = idx
            into = self.accounts.setdefault(dst, Sums())
            into.in_g += mass_g
            into.last_idx = idx
        for label, state in posted.labels.items():
            self.labels[label] = LabelRecord(state, event_id, idx)
        for key, case in posted.cases.items():
            known = self.cases.get(key)
            opened_idx = known.opened_idx if known else idx
            self.cases[key] = CaseRecord(case, opened_idx, idx if case.closed else None)

    def mentions(self, event: Event) -> tuple[list[str], list[str]]:
        """The labels and the batches that an event is about, each once, in order of first mention."""
        case = self.case(str(event.facts.get("case", ""))) if event.type == "case.resolved" else None
        labels = dict.fromkeys(line.label for line in event.lines if line.label)
        batches = dict.fromkeys(line.batch for line in event.lines if line.batch)
        if case is not None:
            labels[case.label] = None
            batches[case.batch] = None
        for label in labels:
            state = self.label(label)
            if state is not None:
                batches[state.batch] = None
        return list(labels), list(batches)


def rollup(accounts: Iterable[tuple[Account, Sums]]) -> dict[tuple[str, str, str], list[int]]:
    """(kind, place, code) -> [in_g, out_g], summed over batches."""
    made: dict[tuple[str, str, str], list[int]] = {}
    for account, sums in accounts:
        row = made.setdefault(account[:3], [0, 0])
        row[0] += sums.in_g
        row[1] += sums.out_g
    return made
