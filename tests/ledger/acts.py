"""Events for the tests of the ledger: each function makes one act with as little as it needs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from wastehub.ledger.accounts import Held, Posted
from wastehub.ledger.books import Books
from wastehub.ledger.events import Event, Line

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
FIRM, PLATFORM, PLANT, VEHICLE = "ent:示例甲", "plat:JX-P01", "plant:JX-D90", "veh:浙F示001"
CODE, BATCH = "900-214-08", f"{FIRM}/B1"
# The larger of 0.5 kg and 0.5 %; estimates may be 10 % off.
POLICY = {
    "tolerance_floor_g": 500,
    "tolerance_ppm": 5_000,
    "tolerance_estimated_floor_g": 500,
    "tolerance_estimated_ppm": 100_000,
}


def act(type: str, site: str = FIRM, *lines: Line, **changes: Any) -> Event:
    return Event(type, changes.pop("author", "user:1"), site, changes.pop("at", NOW), lines=lines, **changes)


def registered(label: str = "L1", mass_g: int = 100_000, *, basis: str = "weighed", **changes: Any) -> Event:
    line = Line(label, changes.pop("batch", BATCH), changes.pop("code", CODE), mass_g)
    return act("batch.registered", FIRM, line, facts={"basis": basis}, **changes)


def loaded(label: str = "L1", mass_g: int = 0, **changes: Any) -> Event:
    line = Line(label, mass_g=mass_g, to_place=VEHICLE)
    return act("container.loaded", FIRM, line, facts=POLICY, **changes)


def load_undone(label: str = "L1", **facts: Any) -> Event:
    return act("container.load_undone", FIRM, Line(label), facts=facts)


def received(label: str = "L1", mass_g: int = 0, **changes: Any) -> Event:
    line = Line(label, mass_g=mass_g, place=VEHICLE)
    facts = {**POLICY, **changes.pop("facts", {})}
    return act("container.received", PLATFORM, line, facts=facts, **changes)


def returned(label: str = "L1") -> Event:
    return act("container.returned", FIRM, Line(label, place=VEHICLE))


def treated(label: str = "L1", site: str = PLATFORM) -> Event:
    return act("container.treated", site, Line(label), facts={"method": "D10"})


def lost(label: str = "L1", mass_g: int = 1_000, reason: str = "evaporation", site: str = FIRM) -> Event:
    return act("loss.declared", site, Line(label, mass_g=mass_g, reason=reason))


def spilled(label: str = "L1", mass_g: int = 1_000, site: str = FIRM) -> Event:
    return act("spill.declared", site, Line(label, mass_g=mass_g), facts={"reason": "overturned"})


def counted(label: str = "L1", mass_g: int = 90_000, site: str = FIRM, **facts: Any) -> Event:
    return act("stock.counted", site, Line(label, mass_g=mass_g), facts={"basis": "weighed", **facts})


def corrected(label: str, mass_g: int, corrects: UUID | str | None, site: str = FIRM) -> Event:
    facts = {**POLICY, "corrects": str(corrects)}
    return act("mass.corrected", site, Line(label, mass_g=mass_g), facts=facts)


def voided(label: str = "L1") -> Event:
    return act("container.voided", FIRM, Line(label), facts={"reason": "printed twice"})


def relabelled(old: str = "L1", new: str = "L1b", **line: Any) -> Event:
    return act("label.replaced", FIRM, Line(old), Line(new, **line), facts={"reason": "torn"})


def resolved(key: str, to: str = "LOSS", site: str = PLATFORM) -> Event:
    return act("case.resolved", site, facts={"case": key, "to": to})


def relayed(label: str = "L1", mass_g: int = 0, to_place: str = "veh:2") -> Event:
    return act("custody.relayed", VEHICLE, Line(label, mass_g=mass_g, to_place=to_place), facts=POLICY)


def poured(
    emptied: list[str],
    filled: dict[str, int],
    *,
    site: str = FIRM,
    batch: str = "",
    code: str = CODE,
    **facts: Any,
) -> Event:
    """Containers poured into new ones of one new batch; another code makes it a recoding."""
    made = batch or f"{site}/R-{next(iter(filled), '')}"
    lines = [Line(label) for label in emptied]
    lines += [Line(label, made, code, mass_g) for label, mass_g in filled.items()]
    kind = "container.repacked" if code == CODE else "container.recoded"
    return act(kind, site, *lines, facts={"inputs": len(emptied), "reason": "residue"} | facts)


def reversal(of: UUID | str | None, *labels: str, site: str = PLATFORM) -> Event:
    lines = [Line(label) for label in labels]
    return act("fact.reversed", site, *lines, facts={"reverses": str(of), "reason": "did_not_occur"})


class Desk:
    """Books without a database: applies events one after the other and remembers them."""

    def __init__(self) -> None:
        self.books = Books()
        self.log: list[Event] = []

    def do(self, event: Event) -> Posted | Held:
        """Apply; an event without an id gets the next number."""
        if event.id is None:
            object.__setattr__(event, "id", UUID(int=len(self.log) + 1))
        self.log.append(event)
        return self.books.apply(len(self.log) - 1, event)

    def post(self, *events: Event) -> Posted:
        """Apply events that must all post; the answer of the last one."""
        results = [self.do(event) for event in events]
        for result in results:
            assert isinstance(result, Posted), result
        last = results[-1]
        assert isinstance(last, Posted)
        return last

    def refuse(self, event: Event) -> str:
        """The reason for which the event is held; the books must not have moved."""
        before, labels = self.snapshot(), dict(self.books.labels)
        result = self.do(event)
        assert isinstance(result, Held), result
        assert (self.snapshot(), self.books.labels) == (before, labels)
        return result.reason

    def snapshot(self) -> Any:
        """The books: accounts, custody, cases. What only serves the next reversal is left out."""
        labels = {
            label: record.state._replace(before=None, loaded_by="")
            for label, record in self.books.labels.items()
        }
        return self.totals(), labels, {key: record.case for key, record in self.books.cases.items()}

    def totals(self) -> dict[tuple[str, str], int]:
        """(kind, place) -> grams, without empty accounts."""
        made: dict[tuple[str, str], int] = {}
        for account, sums in self.books.accounts.items():
            key = account.kind, account.place
            made[key] = made.get(key, 0) + sums.balance_g
        return {key: grams for key, grams in made.items() if grams}

    def open_cases(self) -> list[str]:
        return [key for key, record in self.books.cases.items() if not record.case.closed]
