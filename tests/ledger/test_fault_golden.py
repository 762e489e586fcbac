"""F16: rules may be added, but the entries of yesterday must keep the books they had.

golden/v1.jsonl holds the leaves of a log as the first release wrote them, golden/v1.json its root and
books. Both implementations must derive them today, alone and with today's acts after them. v2 is the log of
version 2 of the rules, with what only that version has: pourings, reversals, relays, facts that wait.

To add the log of a later release: python -m tests.ledger.test_fault_golden NAME (never overwrites).
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.ledger import acts
from tests.ledger.acts import FIRM, NOW, PLANT, PLATFORM, VEHICLE, Desk
from tests.ledger.bundles import root_of
from tests.ledger.logs import ledger_only, put
from wastehub.ledger import Event, Line, canonical, wh_verify
from wastehub.ledger.accounts import Held
from wastehub.ledger.books import Books
from wastehub.ledger.events import VERSIONS, body, from_body

FOLDER = Path(__file__).parent / "golden"
NAMES = sorted(path.stem for path in FOLDER.glob("*.jsonl"))


def leaves_of(name: str) -> list[bytes]:
    return [line for line in (FOLDER / f"{name}.jsonl").read_bytes().split(b"\n") if line]


def told(books: Books, held: dict[int, str]) -> dict[str, Any]:
    """The books as plain lists, sorted."""
    return {
        "balances": sorted([*account, sums.in_g, sums.out_g] for account, sums in books.accounts.items()),
        "cases": sorted([key, record.case.mass_g, record.case.closed] for key, record in books.cases.items()),
        "held": sorted([idx, reason] for idx, reason in held.items()),
    }


def first_books(leaves: list[bytes]) -> dict[str, Any]:
    books, held = Books(), {}
    for idx, leaf in enumerate(leaves):
        result = books.apply(idx, from_body(canonical.loads(leaf)["ev"]))
        if isinstance(result, Held):
            held[idx] = result.reason
        for retried in books.retried:
            if not isinstance(retried.result, Held):
                del held[retried.idx]
    return told(books, held)


def second_books(leaves: list[bytes]) -> dict[str, Any]:
    books = wh_verify.Books()
    for idx, leaf in enumerate(leaves):
        books.take(idx, json.loads(leaf)["ev"])
    return {
        "balances": sorted([*account, in_g, out_g] for account, (in_g, out_g, _) in books.sums.items()),
        "cases": sorted([key, case.mass_g, case[8]] for key, case in books.cases.items()),
        "held": sorted([idx, reason] for idx, reason in books.held.items()),
    }


def todays(start: int) -> list[bytes]:
    """Further acts, on new containers and on those of the old log, as leaves of today's form."""
    desk = history(2)
    made = []
    for at, event in enumerate(desk.log):
        object.__setattr__(event, "id", UUID(int=start + at + 10**6))
        made.append(canonical.dumps({"ev": body(event)}))
    return made


def test_there_is_a_golden_log_of_each_version_of_the_rules() -> None:
    assert [f"v{version}" for version in VERSIONS] == NAMES
    for version in VERSIONS:
        assert {canonical.loads(leaf)["ev"]["v"] for leaf in leaves_of(f"v{version}")} == {version}


@pytest.mark.parametrize("name", NAMES)
def test_the_old_entries_keep_their_bytes_root_and_books(name: str) -> None:
    leaves, kept = leaves_of(name), json.loads((FOLDER / f"{name}.json").read_text())
    assert all(canonical.dumps(canonical.loads(leaf)) == leaf for leaf in leaves)
    for idx, leaf in enumerate(leaves):
        wh_verify.read_leaf(idx, leaf, wh_verify.leaf_hash(leaf))
    assert root_of(leaves).hex() == kept["root"]
    assert first_books(leaves) == {key: kept[key] for key in ("balances", "cases", "held")}
    assert second_books(leaves) == first_books(leaves)


@pytest.mark.parametrize("name", NAMES)
def test_rules_of_today_go_on_from_the_old_books(name: str) -> None:
    leaves = leaves_of(name)
    both = leaves + todays(len(leaves))
    found = first_books(both)
    assert found == second_books(both)
    old = dict(first_books(leaves)["held"])
    assert dict(found["held"]).items() >= old.items(), "what was held yesterday is not posted by new rules"


# --- making one --------------------------------------------------------------------------------------------


def history(seed: int) -> Desk:
    """Every act that moves mass, likely ones and contradictory ones."""
    chance, desk = random.Random(seed), Desk()
    for at in range(140):
        label = f"L{seed}-{at // 4}"
        mass_g = chance.choice((0, 70_000, 99_600, 100_000, 100_400, 130_000))
        for event in _some(chance, desk, label, mass_g):
            desk.do(event)
    return desk


def _some(chance: random.Random, desk: Desk, label: str, mass_g: int) -> list[Event]:
    record = desk.books.labels.get(label)
    if record is None:
        return [acts.registered(label, max(mass_g, 1), basis=chance.choice(("weighed", "estimated")))]
    state = record.state
    here = {
        "STOCK": [
            acts.loaded(label, mass_g),
            acts.act("lot.shipped", state.place, Line(label, to_place=VEHICLE)),
            acts.treated(label, state.place),
            acts.counted(label, mass_g, state.place),
            acts.lost(label, 10, site=state.place),
            acts.voided(label),
        ],
        "TRANS": [
            acts.received(label, mass_g, facts={"case_due_on": "2026-03-09"}),
            acts.received(label, mass_g),
            acts.act("lot.received", PLANT, Line(label, mass_g=mass_g), facts=acts.POLICY),
            acts.load_undone(label),
            acts.returned(label),
        ],
    }.get(state.kind, [acts.treated(label), acts.counted(label, mass_g)])
    common = [acts.spilled(label, 7, state.place), acts.corrected(label, mass_g, state.mass_event, FIRM)]
    made = [chance.choice(here if chance.random() < 0.8 else common)]
    cases = desk.open_cases()
    if cases and chance.random() < 0.3:
        made.append(acts.resolved(chance.choice(cases), chance.choice(("TOL", "LOSS", "SPILL")), PLATFORM))
    return made


def of_version_2(desk: Desk) -> Desk:
    """What only version 2 has; among it facts that come too early, and some that stay held."""

    def did(event: Event) -> UUID:
        desk.do(event)
        assert event.id is not None
        return event.id

    for label in ("G1", "G2", "G3", "G4", "G5"):
        did(acts.registered(label, 20_000, batch=f"{FIRM}/{label}"))
    did(acts.relabelled("G5", "G5b"))
    did(acts.loaded("G1"))
    did(acts.relayed("G1", 19_990))
    arrived = did(acts.act("container.received", PLATFORM, Line("G1", mass_g=19_000), facts=acts.POLICY))
    did(acts.reversal(arrived, "G1"))
    did(acts.act("container.received", PLATFORM, Line("G1", mass_g=19_980), facts=acts.POLICY))
    did(acts.reversal(arrived, "G1"))  # stays held: its time is over
    merged = did(acts.poured(["G2", "G3"], {"M1": 25_000, "M2": 14_900}))
    did(acts.poured(["M1"], {"S1": 12_500, "S2": 12_500}))
    did(acts.reversal(merged, "G2", "G3", "M1", "M2", site=FIRM))  # stays held: M1 was poured again
    undone = did(acts.poured(["M2"], {"N1": 14_900}, code="900-249-08"))
    did(acts.reversal(undone, "M2", "N1", site=FIRM))
    did(acts.poured(["M2"], {"N2": 14_900}, code="900-249-08"))
    did(acts.loaded("G9"))  # waits for its label
    parent = UUID(int=len(desk.log) + 2)
    weighed = Line("G5b", mass_g=19_000)
    did(
        acts.act("stock.counted", FIRM, weighed, facts=acts.POLICY, after=(parent,))
    )  # waits for the next act
    did(acts.registered("G9", 15_000, batch=f"{FIRM}/G9"))
    did(acts.loaded("G7", after=(UUID(int=7 * 10**8),)))  # waits for ever
    return desk


def make(name: str) -> None:
    from sqlalchemy import select

    from wastehub.ledger.store import EntryRow

    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        log = ledger_only(f"sqlite:///{folder}/golden.db")
        log.new_id = lambda _at: UUID(int=10**9)  # the key's own entry
        put(log, *of_version_2(history(1)).log)
        with log.reading() as session:
            leaves = list(session.scalars(select(EntryRow.leaf).order_by(EntryRow.idx)))
        log.dispose()
    with (FOLDER / f"{name}.jsonl").open("xb") as out:
        out.write(b"\n".join(leaves) + b"\n")
    kept = {"root": root_of(leaves).hex(), **first_books(leaves)}
    (FOLDER / f"{name}.json").write_text(json.dumps(kept, ensure_ascii=False, indent=0) + "\n")
    print(len(leaves), "entries at", NOW)


if __name__ == "__main__":
    make(sys.argv[1])
