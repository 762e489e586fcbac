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
# No account: the state of a label whose generation was reversed.
VOID = "VOID"
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
    "place.missing": "a move without a destination",
    "mass.missing": "a mass above zero is needed",
    "mass.differs_from_record": "basis 'recorded', but the books have another mass",
    "mass.exceeds_content": "more than the container holds",
    "reason.missing": "a loss or spill without a reason",
    "facts.invalid": "a fact that the rule reads has the wrong form",
    "load.not_undoable": "not on the road since that loading, or changed since",
    "void.after_movement": "the container has left its place of generation",
    "correction.superseded": "the mass in the books no longer comes from the corrected event",
    "correction.not_a_weighing": "the mass in the books comes from a declared loss or spill",
    "case.unknown": "no such case",
    "case.closed": "the case was closed before",
    "case.resolution": "a case goes to TOL, LOSS or SPILL; one with surplus mass only to TOL",
    "balance.negative": "a physical account would fall below zero",
}


class Account(NamedTuple):
    kind: str
    place: str
    code: str
    batch: str


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

    `mass_from` "generation" | "weighing" | "other"; `mass_event` the event the present mass comes from;
    `moves` departures so far; `before` the state before the loading that can still be undone.
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


class Posted(NamedTuple):
    postings: tuple[Posting, ...]
    labels: dict[str, LabelState]
    cases: dict[str, Case]


class Held(NamedTuple):
    reason: str
    detail: str


class View(Protocol):
    """The books before the event."""

    def label(self, label: str) -> LabelState | None: ...
    def case(self, key: str) -> Case | None: ...
    def balance_g(self, account: Account) -> int: ...


class ToleranceRule(NamedTuple):
    """Allowed difference between a weighing and the record: the larger of a floor and parts per million."""

    floor_g: int
    ppm: int

    def allowed_g(self, recorded_g: int) -> int:
        return max(self.floor_g, recorded_g * self.ppm // 1_000_000)
