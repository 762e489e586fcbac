"""Accounts, custody and cases: the plain values that the mass kernel reads and makes.

Kinds of account: GEN the only source; STOCK and TRANS physical; DONE, LOSS, SPILL sinks; TOL weighing
difference inside tolerance and SUSP beyond it (an open case): either sign, negative when mass was gained.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

GEN = "GEN"
STOCK = "STOCK"
TRANS = "TRANS"
DONE = "DONE"
LOSS = "LOSS"
SPILL = "SPILL"
TOL = "TOL"
SUSP = "SUSP"
# No accounts: the states of a label whose generation was reversed, and of one poured into others.
VOID = "VOID"
REPACKED = "REPACKED"
PHYSICAL = frozenset({STOCK, TRANS})
SIGNED = frozenset({GEN, TOL, SUSP})

REASONS = {
    "line.missing": "the event names no container",
    "label.missing": "a line without a label",
    "label.used": "the label was issued before: it lives once",
    "label.unknown": "no such label in the books",
    "label.consumed": "the container was treated, voided or lost before",
    "label.elsewhere": "the books have the container at another place",
    "batch.mismatch": "the books have another batch for this label",
    "code.mismatch": "the books have another waste code for this label",
    "batch.used": "the batch is in the books already: what comes out of others gets a new one",
    "batch.derived": "the batch came out of others: nothing is generated into it",
    "code.recode_needed": "another waste code needs an act of recoding",
    "code.unchanged": "a recoding into the same waste code",
    "parent.missing": "a fact that this one rests on is not in the books yet",
    "place.missing": "a move without a destination",
    "place.same": "a relay goes to another vehicle",
    "mass.missing": "a mass above zero is needed",
    "mass.differs_from_record": "basis 'recorded', but the books have another mass",
    "mass.exceeds_content": "more than the container holds",
    "reason.missing": "a loss, a spill, a remainder or another waste code without a reason",
    "facts.invalid": "a fact that the rule reads has the wrong form",
    "load.not_undoable": "not on the road since that loading, or changed since",
    "void.after_movement": "the container has left its place of generation",
    "reversal.not_the_last": "later facts rest on that act, or it has a counter-act of its own",
    "reversal.not_whole": "what was poured together is reversed together, in the order of that act",
    "correction.superseded": "the mass in the books no longer comes from the corrected event",
    "correction.not_a_weighing": "the mass in the books comes from a declared loss or spill",
    "case.unknown": "no such case",
    "case.closed": "the case was closed before",
    "case.resolution": "a case goes to TOL, LOSS or SPILL; one with surplus mass only to TOL",
    "balance.negative": "a physical account would fall below zero",
    "projector.stopped": "posting stands still until the books are repaired: the fact waits",
}


class Account(NamedTuple):
    kind: str
    place: str
    code: str
    batch: str


def origin_key(account: Account) -> tuple[str, str, str]:
    """The origin of its batch (before "/"), its kind, the kind of its place (before ":")."""
    return account.batch.partition("/")[0], account.kind, account.place.partition(":")[0]


class Posting(NamedTuple):
    src: Account
    dst: Account
    mass_g: int


class Weighing(NamedTuple):
    """Where the present mass comes from: what the scale was compared with, where the difference went."""

    against_g: int
    against_basis: str
    place: str
    case: str


class LabelState(NamedTuple):
    """Where a container is by the books, and what a counter-act needs to know to be exact.

    `mass_from` "generation" | "weighing" | "repack" | "loss" | "spill" | "other"; `mass_event` the event the
    present mass comes from; `moves` departures so far; `before` the state before the last act, if that act
    can be reversed, and `loaded_by` that act (a loading in entries of version 1).
    """

    kind: str
    place: str
    code: str
    batch: str
    mass_g: int
    basis: str
    origin: str
    mass_from: str
    mass_event: str
    moves: int = 0
    weighing: Weighing | None = None
    before: LabelState | None = None
    loaded_by: str = ""

    @property
    def account(self) -> Account:
        return Account(self.kind, self.place, self.code, self.batch)


class Case(NamedTuple):
    """A difference beyond tolerance. `mass_g` > 0: missing, < 0: surplus. `closed` says how."""

    key: str
    label: str
    place: str
    code: str
    batch: str
    mass_g: int
    due_on: str = ""
    closed: str = ""

    @property
    def account(self) -> Account:
        return Account(SUSP, self.place, self.code, self.batch)


class Descent(NamedTuple):
    """Grams that one batch became of another; negative when the pouring was reversed."""

    child: str
    parent: str
    mass_g: int


class Posted(NamedTuple):
    postings: tuple[Posting, ...]
    labels: dict[str, LabelState]
    cases: dict[str, Case]
    descent: tuple[Descent, ...] = ()


class Held(NamedTuple):
    """`need`: what must be posted before it is worth another try, "label:..." or "event:..."; empty:
    never."""

    reason: str
    detail: str
    need: str = ""


class View(Protocol):
    """The books before the event."""

    def label(self, label: str) -> LabelState | None: ...
    def case(self, key: str) -> Case | None: ...
    def balance_g(self, account: Account) -> int: ...
    def posted(self, event_id: str) -> bool: ...
    def batch_known(self, batch: str) -> bool: ...
    def batch_derived(self, batch: str) -> bool: ...
    def poured(self, event_id: str) -> tuple[str, ...]:
        """The labels of a repacking or recoding, in its order; none for other acts."""
        ...


class ToleranceRule(NamedTuple):
    """Allowed difference between a weighing and the record: the larger of a floor and parts per million."""

    floor_g: int
    ppm: int

    def allowed_g(self, recorded_g: int) -> int:
        return max(self.floor_g, recorded_g * self.ppm // 1_000_000)
