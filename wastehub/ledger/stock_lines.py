"""What came into and went out of one place, container by container, as the log now tells it. Pure.

A ledger of a unit wants one line per container and act, with the mass that holds today: a correction changes
the line it corrects, an undone loading is no line at all. So the entries that touch a place are replayed
through the kernel one container at a time, and each keeps the lines that its present mass stands in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from .accounts import LOSS, SPILL, STOCK, SUSP, TOL, Case, Held, LabelState, Posting
from .books import Books, CaseRecord, Waiting
from .events import Event
from .events import Line as EventLine
from .vocabulary import TYPES

Kind = Literal["generated", "received", "left", "treated", "lost", "spilled", "counted", "other"]
# What a kind of line does to the stock of the place; "other" carries its own sign.
SIGNS: Mapping[str, int] = {
    "generated": 1, "received": 1, "left": -1, "treated": -1, "lost": -1, "spilled": -1, "counted": 0,
    "other": 1,
}  # fmt: skip
# These rules treat each line of an event by itself; a rule that is not among them is applied as a whole.
BY_LINE = frozenset(
    (
        "generate",
        "depart",
        "undo_load",
        "relay",
        "arrive",
        "treat",
        "lose",
        "spill",
        "count",
        "correct",
        "void",
        "reverse",
    )
)


@dataclass(slots=True)
class StockLine:
    """One container in one act at the place. Masses in grams as they hold now.

    `mass_g`       what was generated, received (by the place's own scale), left, treated, lost
    `tolerance_g`  difference found while it left or was counted, inside the tolerance; > 0: missing
    `case_g`       the same beyond the tolerance: an open or settled case
    `found_at`, `now_at`  where the act found the container, where it was afterwards
    """

    kind: Kind
    idx: int
    event: Event
    label: str
    batch: str
    code: str
    mass_g: int
    tolerance_g: int = 0
    case_g: int = 0
    found_at: str = ""
    now_at: str = ""
    basis: str = ""  # of the mass as the container went: weighed or estimated
    gone: bool = False  # the act was undone: it is no line any more

    @property
    def stock_g(self) -> int:
        """What the line adds to the stock of the place."""
        return SIGNS[self.kind] * self.mass_g - self.tolerance_g - self.case_g


@dataclass(slots=True)
class _Part:
    """A line that the present mass of a container stands in: its mass follows, or its difference does."""

    line: StockLine
    mass: bool = True
    difference: bool = False


class _Books(Books):
    """Books for a replay of some of the entries, all posted: what others would tell is believed."""

    def case(self, key: str) -> Case | None:
        """A case that was settled since is no obstacle."""
        record = self.cases.get(key)
        return record.case._replace(closed="") if record else None

    def posted(self, event_id: str) -> bool:
        return True

    def wait(self, waiting: Waiting) -> None:
        """Nothing is held for later: the entries come in the order in which they were posted."""


@dataclass(slots=True)
class _Undo:
    """What the last act on a container added, and the parts before it: enough to take it back."""

    parts: list[_Part]
    added: list[StockLine]


class StockReader:
    """Feed it the posted entries about a place in log order; `lines` are then the place's ledger."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.books = _Books()
        self._lines: list[StockLine] = []
        self._parts: dict[str, list[_Part]] = {}
        self._undo: dict[str, _Undo] = {}
        self._poured: dict[str, list[StockLine]] = {}
        self._generated: dict[str, StockLine] = {}

    @property
    def lines(self) -> list[StockLine]:
        """The place's ledger, in the order in which the acts were posted."""
        return [line for line in self._lines if not line.gone]

    def read(self, idx: int, event: Event) -> None:
        """Take over one entry. Containers that the reader has never seen are passed over."""
        rule = TYPES[event.type].rule
        if rule == "relabel":
            self._relabel(idx, event)
        elif rule == "reverse" and self.books.poured(str(event.facts.get("reverses", ""))):
            self._pour_back(idx, event)
        elif rule in BY_LINE:
            self._each(idx, rule, event)
        elif rule and rule != "resolve":
            self._whole(idx, event)

    def _each(self, idx: int, rule: str, event: Event) -> None:
        for number, line in enumerate(event.lines):
            if rule != "generate" and self.books.label(line.label) is None:
                continue
            self._one(idx, number, rule, replace(event, lines=(line,)), line)

    def booked_g(self) -> dict[str, int]:
        """The stock of the place by waste code as the accounts have it: the lines must add up to it."""
        found: dict[str, int] = {}
        for account, sums in self.books.accounts.items():
            if account.kind == STOCK and account.place == self.place:
                found[account.code] = found.get(account.code, 0) + sums.balance_g
        return {code: grams for code, grams in found.items() if grams}

    def listed_g(self) -> dict[str, int]:
        """The same from the lines."""
        found: dict[str, int] = {}
        for line in self.lines:
            found[line.code] = found.get(line.code, 0) + line.stock_g
        return {code: grams for code, grams in found.items() if grams}

    # -- one container ---------------------------------------------------------------------------------------

    def _one(self, idx: int, number: int, rule: str, event: Event, line: EventLine) -> None:
        before = self.books.label(line.label)
        posted = self.books.apply(idx, event)
        if isinstance(posted, Held):
            return
        self._name_case(event, line.label, number)
        after = self.books.label(line.label)
        assert after is not None
        act = _Act(idx, event, line.label, before, after, posted.postings)
        getattr(self, "_" + rule)(act)

    def _name_case(self, event: Event, label: str, number: int) -> None:
        """A case is named by its event and a number: applied alone, every line would be the first."""
        record = self.books.labels[label]
        weighing, made = record.state.weighing, f"{event.id}.0"
        if weighing is None or weighing.case != made:
            return
        own = f"{event.id}.line{number}"
        case = self.books.cases.pop(made)
        self.books.cases[own] = CaseRecord(case.case._replace(key=own), case.opened_idx, case.closed_idx)
        record.state = record.state._replace(weighing=weighing._replace(case=own))

    def _add(self, kind: Kind, act: _Act, mass_g: int, *, difference: bool = False) -> StockLine:
        made = StockLine(
            kind, act.idx, act.event, act.label, act.after.batch, act.after.code, mass_g,
            found_at=act.before.place if act.before else "", now_at=act.after.place, basis=act.after.basis,
        )  # fmt: skip
        if difference:
            made.tolerance_g, made.case_g = act.lost_to(TOL), act.lost_to(SUSP)
        self._lines.append(made)
        return made

    def _follow(self, act: _Act, *added: _Part, kept: bool = True) -> None:
        """The act adds lines; the mass stands in them and, unless it was weighed anew, in those before."""
        parts = self._parts.get(act.label, [])
        self._undo[act.label] = _Undo(parts, [part.line for part in added])
        self._parts[act.label] = [*(parts if kept and not act.weighed else ()), *added]

    def _settle(self, label: str, *parts: _Part) -> None:
        """From here on the mass comes from this act, and the act cannot be taken back."""
        self._undo.pop(label, None)
        self._parts[label] = list(parts)

    def _here(self, state: LabelState | None) -> bool:
        return state is not None and state.kind == STOCK and state.place == self.place

    def _generate(self, act: _Act) -> None:
        self._settle(act.label)
        if self._here(act.after):
            line = self._generated[act.label] = self._add("generated", act, act.after.mass_g)
            self._settle(act.label, _Part(line))

    def _depart(self, act: _Act) -> None:
        added = []
        if self._here(act.before):
            line = self._add("left", act, act.after.mass_g, difference=True)
            added = [_Part(line, difference=act.weighed)]
        self._follow(act, *added)

    def _undo_load(self, act: _Act) -> None:
        self._reverse(act)

    def _reverse(self, act: _Act) -> None:
        """The last act on the container never counted."""
        undo = self._undo.pop(act.label)
        for line in undo.added:
            line.gone = True
        self._parts[act.label] = undo.parts

    def _relay(self, act: _Act) -> None:
        self._follow(act)

    def _arrive(self, act: _Act) -> None:
        added = [_Part(self._add("received", act, act.after.mass_g))] if self._here(act.after) else []
        self._follow(act, *added)

    def _treat(self, act: _Act) -> None:
        added = []
        if self._here(act.before):
            line = self._add("treated", act, act.after.mass_g, difference=True)
            added = [_Part(line, difference=act.weighed)]
        self._follow(act, *added)

    def _lose(self, act: _Act) -> None:
        self._written_off("lost", act, act.into(LOSS))

    def _spill(self, act: _Act) -> None:
        self._written_off("spilled", act, act.into(SPILL))

    def _written_off(self, kind: Kind, act: _Act, mass_g: int) -> None:
        """The mass that is left comes from this act: nothing before it can be corrected through it."""
        added = [_Part(self._add(kind, act, mass_g))] if self._here(act.before) else []
        self._follow(act, *added, kept=False)
        self._parts[act.label] = []

    def _count(self, act: _Act) -> None:
        self._settle(act.label)
        if self._here(act.before):
            line = self._add("counted", act, act.after.mass_g, difference=True)
            self._settle(act.label, _Part(line, difference=True))

    def _correct(self, act: _Act) -> None:
        """The corrected mass stands in every line since it was weighed or generated."""
        assert act.before is not None
        self._undo.pop(act.label, None)
        change_g = act.after.mass_g - act.before.mass_g
        parts = self._parts.get(act.label, [])
        listed_g = -sum(part.line.stock_g for part in parts)
        for part in parts:
            if part.mass:
                part.line.mass_g += change_g
            if part.difference:
                part.line.tolerance_g += act.lost_to(TOL)
                part.line.case_g += act.lost_to(SUSP)
        listed_g += sum(part.line.stock_g for part in parts)
        moved_g = sum(_moved(act.postings, self.place).values())
        if moved_g != listed_g:
            # The mass came from an act of a rule that the reader has no words for.
            self._add("other", act, moved_g - listed_g)

    def _void(self, act: _Act) -> None:
        """What was left of the container was never generated; what leaked before, was."""
        assert act.before is not None
        self._settle(act.label)
        if self._here(act.before) and act.label in self._generated:
            self._generated[act.label].mass_g -= act.before.mass_g

    def _relabel(self, idx: int, event: Event) -> None:
        """The fill goes on under another code: its lines are corrected under the new one from here on."""
        if len(event.lines) != 2 or isinstance(self.books.apply(idx, event), Held):
            return
        old, new = (line.label for line in event.lines)
        everything: tuple[dict[str, Any], ...] = (self._parts, self._undo, self._generated)
        for known in everything:
            if old in known:
                known[new] = known.pop(old)

    # -- several containers at once --------------------------------------------------------------------------

    def _whole(self, idx: int, event: Event) -> None:
        """Containers poured into others, or an act that this reader has no words for: what it moved.

        What goes to a loss is told as a loss, all else as a change of its own kind.
        """
        before = {line.label: self.books.label(line.label) for line in event.lines}
        posted = self.books.apply(idx, event)
        if isinstance(posted, Held):
            return
        added = self._poured[str(event.id)] = []
        lost = _moved(posted.postings, self.place, only=LOSS)
        for label, after in posted.labels.items():
            was = before.get(label)
            if label in before:
                added += self._changes(idx, event, label, was, after, lost)
            self._undo[label] = _Undo(self._parts.get(label, []), [])
            self._parts[label] = []
        self._rest(idx, event, posted.postings, added)
        self._lines += added

    def _changes(
        self,
        idx: int,
        event: Event,
        label: str,
        was: LabelState | None,
        after: LabelState,
        lost: dict[tuple[str, str], int],
    ) -> Iterator[StockLine]:
        """What the act made of one container here: a loss as far as its batch had one, else a change."""
        known = was or after
        key = known.batch, known.code
        held_g = was.mass_g if was and self._here(was) else 0
        change_g = (after.mass_g if self._here(after) else 0) - held_g
        if not change_g:
            return
        away_g = min(-lost.pop(key, 0), max(-change_g, 0))
        if away_g:
            yield self._moved_line("lost", idx, event, label, key, away_g, known.basis)
        if change_g + away_g:
            yield self._moved_line("other", idx, event, label, key, change_g + away_g, known.basis)

    def _moved_line(
        self, kind: Kind, idx: int, event: Event, label: str, key: tuple[str, str], mass_g: int, basis: str
    ) -> StockLine:
        return StockLine(
            kind, idx, event, label, *key, mass_g, found_at=self.place, now_at=self.place, basis=basis
        )

    def _rest(self, idx: int, event: Event, postings: Iterable[Posting], added: list[StockLine]) -> None:
        """What the lines of containers did not say: the sums are right whatever the rule did."""
        left = _moved(postings, self.place)
        for line in added:
            key = line.batch, line.code
            left[key] = left.get(key, 0) - line.stock_g
        for key, mass_g in left.items():
            if mass_g:
                added.append(self._moved_line("other", idx, event, "", key, mass_g, ""))

    def _pour_back(self, idx: int, event: Event) -> None:
        """A pouring never counted."""
        poured = str(event.facts.get("reverses", ""))
        if isinstance(self.books.apply(idx, event), Held):
            return
        for line in self._poured.pop(poured, ()):
            line.gone = True
        for each in event.lines:
            undo = self._undo.pop(each.label, None)
            self._parts[each.label] = undo.parts if undo else []


@dataclass(frozen=True, slots=True)
class _Act:
    """One container in one entry: where the books had it before and after, and the postings between."""

    idx: int
    event: Event
    label: str
    before: LabelState | None
    after: LabelState
    postings: tuple[Posting, ...]

    @property
    def weighed(self) -> bool:
        return self.after.mass_from == "weighing" and self.after.mass_event == str(self.event.id)

    def into(self, kind: str) -> int:
        return sum(posting.mass_g for posting in self.postings if posting.dst.kind == kind)

    def lost_to(self, kind: str) -> int:
        """Grams that went into accounts of a kind, less what came out of them."""
        return self.into(kind) - sum(p.mass_g for p in self.postings if p.src.kind == kind)


def _moved(postings: Iterable[Posting], place: str, *, only: str = "") -> dict[tuple[str, str], int]:
    """(batch, code) -> grams that postings added to the stock of a place; empty ones left out.

    `only`: postings with accounts of that kind on their other side.
    """
    moved: dict[tuple[str, str], int] = {}
    for posting in postings:
        if only and only not in (posting.src.kind, posting.dst.kind):
            continue
        for account, sign in ((posting.dst, 1), (posting.src, -1)):
            if account.kind == STOCK and account.place == place:
                key = account.batch, account.code
                moved[key] = moved.get(key, 0) + sign * posting.mass_g
    return {key: mass_g for key, mass_g in moved.items() if mass_g}
