"""The examples of docs/ledger.md run, in their order, and every one is posted."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

from tests.ledger.acts import FIRM, NOW, PLANT, PLATFORM, POLICY, VEHICLE
from tests.ledger.logs import proven
from wastehub import ledger
from wastehub.db import Database
from wastehub.ledger import TYPES, Event, Line

DOCS = Path(__file__).parents[2] / "docs" / "ledger.md"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", DOCS.read_text(), re.MULTILINE | re.DOTALL)


def test_every_example_is_posted_and_every_rule_has_one(log: Database) -> None:
    (source,) = blocks("python example")
    seen = set()
    with log.transaction() as session:
        names: dict[str, Any] = {
            "Event": Event, "Line": Line, "at": NOW, "TOLERANCE": POLICY, "FIRM": FIRM, "PLATFORM": PLATFORM,
            "PLANT": PLANT, "TRUCK": VEHICLE, "USER": "user:1", "CREW": "crew:1",
            "GATE": "user:2", "SCALE": "user:3",
            "mass_event": lambda label: ledger.label_states(session, [label])[label].mass_event,
            "case_key": lambda: ledger.open_cases(session)[0].key,
        }  # fmt: skip
        for statement in ast.parse(source).body:
            event = eval(ast.unparse(statement), names)
            (receipt,) = ledger.append(session, [event], now=NOW)
            assert receipt.posted, (event, receipt)
            seen.add(event.type)
    assert {TYPES[name].rule for name in seen} == {made.rule for made in TYPES.values()}
    assert seen >= {made.name for made in TYPES.values() if made.rule}
    proven(log)
    with log.reading() as session:
        assert ledger.open_cases(session) == []


def test_the_service_example_runs(log: Database) -> None:
    (source,) = blocks("python")
    names: dict[str, Any] = {}
    exec(source, names)
    with log.transaction() as session:
        assert names["register"](session, firm=FIRM, batch_no="B1", now=NOW)
    proven(log)
