"""What the rules of mass.py work with: the books as one event has changed them so far. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from .accounts import (
    PHYSICAL,
    REASONS,
    SIGNED,
    SUSP,
    TOL,
    Account,
    Case,
    Descent,
    LabelState,
    Posting,
    ToleranceRule,
    View,
    Weighing,
)
from .events import LENGTHS_MAX, Event, Line

ID_LENGTH = 36


class Refused(Exception):
    """`need`: the name of what is missing, when the event is worth another try once that is there."""

    def __init__(self, reason: str, detail: str = "", need: str = "") -> None:
        assert reason in REASONS, reason
        self.reason = reason
        self.detail = detail
        self.need = need


def label_need(label: str) -> str:
    return f"label:{label}"


def event_need(event_id: str) -> str:
    return f"event:{event_id}"


class Work:
    """The books as this event has changed them so far; thrown away when the event is held."""

    def __init__(self, event: Event, view: View) -> None:
        self.event = event
        self.event_id = str(event.id)
        self.view = view
        self.postings: list[Posting] = []
        self.labels: dict[str, LabelState] = {}
        self.cases: dict[str, Case] = {}
        self.descent: list[Descent] = []

    # -- reading ---------------------------------------------------------------------------------------------

    def lines(self) -> Sequence[Line]:
        if not self.event.lines:
            raise Refused("line.missing")
        for line in self.event.lines:
            if not line.label:
                raise Refused("label.missing")
        return self.event.lines

    def check_parents(self) -> None:
        """The facts that this one rests on are posted (since version 2)."""
        for parent in self.event.after if self.event.v > 1 else ():
            if not self.view.posted(str(parent)):
                raise Refused("parent.missing", str(parent), event_need(str(parent)))

    def known(self, label: str) -> LabelState | None:
        return self.labels.get(label) or self.view.label(label)

    def present(self, line: Line, kinds: frozenset[str] = PHYSICAL, place: str = "") -> LabelState:
        """The label's state, if it is where the act says it found it."""
        state = self.known(line.label)
        if state is None:
            raise Refused("label.unknown", line.label, label_need(line.label))
        if state.kind not in PHYSICAL:
            raise Refused("label.consumed", f"{line.label}: {state.kind}")
        if state.kind not in kinds or (place and place != state.place):
            raise Refused("label.elsewhere", f"{line.label}: {state.kind} {state.place}")
        if line.batch and line.batch != state.batch:
            raise Refused("batch.mismatch", f"{line.label}: {state.batch}")
        if line.code and line.code != state.code:
            raise Refused("code.mismatch", f"{line.label}: {state.code}")
        return state

    def last_changed(self, line: Line, event_id: str) -> LabelState:
        """The label's state, if that act was the last to change it."""
        state = self.known(line.label)
        if state is None:
            raise Refused("label.unknown", line.label, label_need(line.label))
        if not event_id or state.loaded_by != event_id:
            raise Refused("reversal.not_the_last", f"{line.label}: {state.loaded_by}")
        return state

    def new_content(self, line: Line, otherwise: str) -> str:
        """The basis of a label's first mass; label, batch, code and mass must be new and stated."""
        if self.known(line.label) is not None:
            raise Refused("label.used", line.label)
        if not line.batch:
            raise Refused("batch.mismatch", f"{line.label}: no batch")
        if not line.code:
            raise Refused("code.mismatch", f"{line.label}: no code")
        if line.mass_g <= 0:
            raise Refused("mass.missing", line.label)
        basis = line.basis or self.text("basis") or otherwise
        if basis not in ("estimated", "weighed"):
            raise Refused("facts.invalid", f"basis {basis}")
        return basis

    def text(self, name: str) -> str:
        value = self.event.facts.get(name, "")
        if not isinstance(value, str) or len(value) > LENGTHS_MAX.get(name, len(value)):
            raise Refused("facts.invalid", name)
        return value

    def number(self, name: str, otherwise: int) -> int:
        value = self.event.facts.get(name, otherwise)
        if type(value) is not int or value < 0:
            raise Refused("facts.invalid", name)
        return value

    def tolerance(self, basis: str) -> ToleranceRule:
        """The band for a record of this basis; an estimate may have a wider one. No policy, no tolerance."""
        floor_g, ppm = self.number("tolerance_floor_g", 0), self.number("tolerance_ppm", 0)
        if basis == "estimated":
            floor_g = self.number("tolerance_estimated_floor_g", floor_g)
            ppm = self.number("tolerance_estimated_ppm", ppm)
        return ToleranceRule(floor_g, ppm)

    def measured_g(self, line: Line, state: LabelState) -> int | None:
        """The mass on the scale, or None when the act only repeats the books."""
        basis = line.basis or self.text("basis") or ("weighed" if line.mass_g else "recorded")
        if basis not in ("weighed", "estimated", "recorded"):
            raise Refused("facts.invalid", f"basis {basis}")
        if basis != "recorded":
            return line.mass_g
        if line.mass_g and line.mass_g != state.mass_g:
            raise Refused("mass.differs_from_record", f"{line.label}: {state.mass_g} g")
        return None

    def due_on(self) -> str:
        text = self.text("case_due_on")
        try:
            return date.fromisoformat(text).isoformat() if text else ""
        except ValueError as error:
            raise Refused("facts.invalid", "case_due_on") from error

    # -- writing ---------------------------------------------------------------------------------------------

    def move(self, src: Account, dst: Account, mass_g: int) -> None:
        """Post grams; a negative mass goes the other way, none at all leaves no posting."""
        if mass_g < 0:
            src, dst, mass_g = dst, src, -mass_g
        if mass_g and src != dst:
            self.postings.append(Posting(src, dst, mass_g))

    def difference(
        self, line: Line, account: Account, against_g: int, basis: str, mass_g: int, at: str
    ) -> Weighing:
        """Send recorded minus measured from `account` to TOL or, beyond tolerance, to SUSP with a case."""
        missing_g = against_g - mass_g
        if abs(missing_g) <= self.tolerance(basis).allowed_g(against_g):
            self.move(account, account._replace(kind=TOL, place=at), missing_g)
            return Weighing(against_g, basis, at, "")
        key = f"{self.event_id}.{len(self.cases)}"
        case = Case(key, line.label, at, account.code, account.batch, missing_g, self.due_on())
        self.cases[key] = case
        self.move(account, case.account, missing_g)
        return Weighing(against_g, basis, at, key)

    def undo_difference(self, account: Account, weighing: Weighing, mass_g: int, how: str) -> None:
        """The exact reverse of `difference`; the case it opened is closed, unless it was closed before."""
        missing_g = weighing.against_g - mass_g
        kind = TOL
        if weighing.case:
            case = self.open_case(weighing.case)
            self.cases[case.key] = case._replace(closed=how)
            kind = SUSP
        self.move(account._replace(kind=kind, place=weighing.place), account, missing_g)

    def open_case(self, key: str) -> Case:
        case = self.cases.get(key) or self.view.case(key)
        if case is None:
            opener = key.rpartition(".")[0]
            raise Refused("case.unknown", key, event_need(opener) if len(opener) == ID_LENGTH else "")
        if case.closed:
            raise Refused("case.closed", f"{key}: {case.closed}")
        return case

    def weighed(self, line: Line, state: LabelState, dst: Account) -> LabelState:
        """Move the content to `dst`; if it was weighed, only what the scale says arrives there."""
        measured_g = self.measured_g(line, state)
        arrived_g = state.mass_g if measured_g is None else min(measured_g, state.mass_g)
        self.move(state.account, dst, arrived_g)
        if measured_g is None:
            return state._replace(kind=dst.kind, place=dst.place)
        gained = measured_g > state.mass_g
        weighing = self.difference(
            line, dst if gained else state.account, state.mass_g, state.basis, measured_g, self.event.site
        )
        return state._replace(
            kind=dst.kind, place=dst.place, mass_g=measured_g, basis="weighed", mass_from="weighing",
            mass_event=self.event_id, weighing=weighing,
        )  # fmt: skip

    def reversible(self, before: LabelState, after: LabelState, *, since: int = 1) -> LabelState:
        """The state after this act, with the one before it: enough for its exact reverse."""
        if self.event.v < since:
            return after._replace(before=None, loaded_by="")
        # The last two fields are this memory itself: of the state before it is not kept.
        kept = LabelState._make((*before[:-2], None, ""))
        return LabelState._make((*after[:-2], kept, self.event_id))

    def check_physical(self) -> None:
        """A second guard: custody alone should make a negative physical account impossible."""
        change_g: dict[Account, int] = {}
        for src, dst, mass_g in self.postings:
            change_g[src] = change_g.get(src, 0) - mass_g
            change_g[dst] = change_g.get(dst, 0) + mass_g
        for account, grams in change_g.items():
            if grams < 0 and account.kind not in SIGNED and self.view.balance_g(account) + grams < 0:
                raise Refused("balance.negative", "/".join(account))
