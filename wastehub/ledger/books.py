"""The books in memory: accounts, labels and cases as the log so far made them. No database.

`append` fills a Books with the rows that its events can touch, `verify` starts with an empty one and
replays the whole log; both go through the same `apply`, so they cannot disagree about a rule.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from . import mass
from .accounts import Account, Case, Held, LabelState, Posted, origin_key
from .events import Event
from .vocabulary import TYPES
from .workings import event_need, label_need


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


@dataclass(slots=True)
class Waiting:
    """A held fact that is worth another try once its need is posted."""

    idx: int
    event: Event
    held: Held


@dataclass(slots=True)
class Retried:
    """A held fact that was tried again: entry, outcome, and its labels' states just before."""

    idx: int
    event: Event
    result: Posted | Held
    before: dict[str, LabelState | None]


class Books:
    """An accounts.View that remembers what changed.

    `retried`: what the last `apply` let be tried again, in that order. `descent`: child -> parent -> grams.
    """

    def __init__(self) -> None:
        self.accounts: dict[Account, Sums] = {}
        self.labels: dict[str, LabelRecord] = {}
        self.cases: dict[str, CaseRecord] = {}
        self.batches: set[str] = set()
        self.descent: dict[str, dict[str, int]] = {}
        self.pourings: dict[str, tuple[str, ...]] = {}
        self.retried: list[Retried] = []
        self._posted: set[bytes] = set()
        self._waiting: dict[str, list[Waiting]] = {}

    def label(self, label: str) -> LabelState | None:
        record = self.labels.get(label)
        return record.state if record else None

    def case(self, key: str) -> Case | None:
        record = self.cases.get(key)
        return record.case if record else None

    def balance_g(self, account: Account) -> int:
        sums = self.accounts.get(account)
        return sums.balance_g if sums else 0

    def posted(self, event_id: str) -> bool:
        return bytes.fromhex(event_id.replace("-", "")) in self._posted

    def batch_known(self, batch: str) -> bool:
        return batch in self.batches

    def batch_derived(self, batch: str) -> bool:
        return batch in self.descent

    def poured(self, event_id: str) -> tuple[str, ...]:
        return self.pourings.get(event_id, ())

    def apply(self, idx: int, event: Event) -> Posted | Held:
        """Run the kernel on the entry `idx` and take over what it posts; then on what waited for it."""
        self.retried = []
        result = mass.apply(event, self)
        if isinstance(result, Held):
            self.wait(Waiting(idx, event, result))
            return result
        ready = deque(self._take(idx, event, result))
        while ready and self._waiting:
            for waiting in sorted(self._waiting.pop(ready.popleft(), ()), key=lambda each: each.idx):
                ready.extend(self._retry(idx, waiting))
        return result

    def wait(self, waiting: Waiting) -> None:
        """Keep a held fact for another try, if one can help."""
        if waiting.held.need:
            self._waiting.setdefault(waiting.held.need, []).append(waiting)

    def waiting_count(self) -> int:
        """How many held facts may still be posted."""
        return sum(map(len, self._waiting.values()))

    def note_posted(self, event_id: UUID) -> None:
        """The books have that fact already."""
        self._posted.add(event_id.bytes)

    def _retry(self, idx: int, waiting: Waiting) -> Sequence[str]:
        event = waiting.event
        before = {line.label: self.label(line.label) for line in event.lines}
        result = mass.apply(event, self)
        self.retried.append(Retried(waiting.idx, event, result, before))
        if isinstance(result, Posted):
            return self._take(idx, event, result)
        self.wait(Waiting(waiting.idx, event, result))
        return ()

    def _take(self, idx: int, event: Event, posted: Posted) -> Sequence[str]:
        """Take over what was posted; the needs that are met by it."""
        event_id = str(event.id)
        if event.id is not None:
            self._posted.add(event.id.bytes)
        if TYPES[event.type].rule in ("repack", "recode"):
            self.pourings[event_id] = tuple(line.label for line in event.lines)
        met = [event_need(event_id), *(label_need(each) for each in posted.labels if each not in self.labels)]
        for src, dst, mass_g in posted.postings:
            out = self.accounts.setdefault(src, Sums())
            out.out_g += mass_g
            out.last_idx = idx
            into = self.accounts.setdefault(dst, Sums())
            into.in_g += mass_g
            into.last_idx = idx
            self.batches.add(src.batch)
            self.batches.add(dst.batch)
        for label, state in posted.labels.items():
            self.labels[label] = LabelRecord(state, event_id, idx)
        for key, case in posted.cases.items():
            known = self.cases.get(key)
            opened_idx = known.opened_idx if known else idx
            self.cases[key] = CaseRecord(case, opened_idx, idx if case.closed else None)
        for child, parent, mass_g in posted.descent:
            parents = self.descent.setdefault(child, {})
            parents[parent] = parents.get(parent, 0) + mass_g
        return met

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


def by_origin(accounts: Iterable[tuple[Account, Sums]]) -> dict[tuple[str, str, str], int]:
    """(origin, kind, kind of place) -> grams that are there now; keys with nothing are left out."""
    made: dict[tuple[str, str, str], int] = {}
    for account, sums in accounts:
        key = origin_key(account)
        made[key] = made.get(key, 0) + sums.in_g - sums.out_g
    return {key: grams for key, grams in made.items() if grams}
