"""Exports in other people's words: EPCIS 2.0, the tables of HJ 1259-2022, CSV."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.ledger import acts
from tests.ledger.logs import checkpointed, put, whole_way
from tests.ledger.test_docs import blocks
from wastehub import ledger
from wastehub.db import Database
from wastehub.ledger import TYPES, Event, Line, exports
from wastehub.ledger.exports import Scope, Told, epcis, hj1259, tables

SCHEMA = json.loads((Path(__file__).parent / "epcis_schema" / "epcis-json-schema.json").read_text())
FORMATS = jsonschema.FormatChecker(())


@FORMATS.checks("uri")
def _is_uri(value: object) -> bool:
    """With a scheme: what is no URI must be one of the listed words."""
    return not isinstance(value, str) or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+\Z", value) is not None


@FORMATS.checks("date-time", ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


CHECKER = jsonschema.Draft7Validator(SCHEMA, format_checker=FORMATS)
CREATED = "2026-03-02T08:00:00+00:00"


def told(log: Database, scope: str = "all") -> list[Told]:
    checkpoint = checkpointed(log)
    with log.reading() as session:
        return list(exports.told(session, scope=Scope.parse(scope), size=checkpoint.size))


def document(entries: list[Told]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(b"".join(epcis.document(entries, created_at=CREATED)))
    return made


def events(made: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = made["epcisBody"]["eventList"]
    return found


@pytest.fixture
def every_type(log: Database) -> Database:
    """Every example of docs/ledger.md, and every other type once."""
    (source,) = blocks("python example")
    with log.transaction() as session:
        names: dict[str, Any] = {
            "Event": Event, "Line": Line, "at": acts.NOW, "TOLERANCE": acts.POLICY, "FIRM": acts.FIRM,
            "PLATFORM": acts.PLATFORM, "PLANT": acts.PLANT, "TRUCK": acts.VEHICLE, "USER": "user:1",
            "CREW": "crew:1", "GATE": "user:2", "SCALE": "user:3",
            "mass_event": lambda label: ledger.label_states(session, [label])[label].mass_event,
            "case_key": lambda: ledger.open_cases(session)[0].key,
        }  # fmt: skip
        for statement in ast.parse(source).body:
            ledger.append(session, [eval(ast.unparse(statement), names)], now=acts.NOW)
        others = [acts.act(name, subject="浙 1/2", facts={"manifest": "20263304000001"}) for name in TYPES]
        ledger.append(session, others, now=acts.NOW)
    return log


def test_every_type_of_event_fits_the_published_schema(every_type: Database) -> None:
    made = document(told(every_type))
    faults = [f"{list(fault.absolute_path)}: {fault.message[:200]}" for fault in CHECKER.iter_errors(made)]
    assert faults == []
    found = {event["wh:type"] for event in events(made)}
    assert found == {name for name, kind in TYPES.items() if kind.epcis}


def test_the_schema_would_notice(every_type: Database) -> None:
    """The near miss: a step that CBV does not have, a mass as text, an event without its zone."""
    made = document(told(every_type))
    for change in (
        {"bizStep": "throwing"},
        {"disposition": "gone"},
        {"eventTime": "yesterday"},
        {"eventTimeZoneOffset": "Z"},
        {"quantityList": [{"quantity": "1"}]},
        {"grams": 1},
    ):
        broken = json.loads(json.dumps(made))
        broken["epcisBody"]["eventList"][0].update(change)
        assert not CHECKER.is_valid(broken), change


def test_a_loading_says_who_had_it_and_who_has_it(log: Database) -> None:
    whole_way(log)
    loading = next(event for event in events(document(told(log))) if event["wh:type"] == "container.loaded")
    assert loading["type"] == "ObjectEvent" and loading["action"] == "OBSERVE"
    assert (loading["bizStep"], loading["disposition"]) == ("loading", "in_transit")
    assert loading["epcList"] == ["urn:wastehub:label:L1"]
    firm, truck = "urn:wastehub:place:ent%3A%E7%A4%BA%E4%BE%8B%E7%94%B2", "urn:wastehub:place:veh%3A"
    assert loading["sourceList"] == [{"type": "possessing_party", "source": firm}]
    assert loading["destinationList"][0]["destination"].startswith(truck)
    assert loading["quantityList"][0]["quantity"] == 100
    assert loading["quantityList"][0]["uom"] == "KGM"


def test_mass_is_exact_to_the_gram(log: Database) -> None:
    put(log, acts.registered("L1", 24_999), acts.registered("L2", 4_000_000_000_001, batch="ent:x/B"))
    text = b"".join(epcis.document(told(log), created_at=CREATED)).decode()
    assert '"quantity":24.999,' in text
    assert '"quantity":4000000000.001,' in text


def test_an_entry_that_is_held_says_so_and_moves_nothing(log: Database) -> None:
    put(log, acts.registered("L1"), acts.treated("L1"))
    held = events(document(told(log)))[-1]
    assert held["wh:held"] == "label.elsewhere"
    assert "sourceList" not in held and "sensorElementList" not in held


def test_every_event_names_its_entry_in_the_sealed_log(log: Database) -> None:
    whole_way(log)
    entries = told(log)
    by_idx = {entry.idx: entry for entry in entries}
    for event in events(document(entries)):
        entry = by_idx[event["wh:entry"]]
        assert event["eventID"] == f"urn:uuid:{entry.event.id}"
        assert event["wh:leafHash"] == entry.leaf_hash.hex()


def test_a_part_is_told_with_the_masses_of_the_whole(log: Database) -> None:
    """A lorry that only repeats the books carries what the firm's entries said before."""
    whole_way(log)
    entries = told(log, f"site:{acts.PLATFORM}")
    treated = next(entry for entry in entries if entry.event.type == "container.treated")
    assert treated.lines[0].mass_g == 99_800
    assert {entry.event.site for entry in entries} == {acts.PLATFORM, "hub"}


# --- HJ 1259 and CSV ---------------------------------------------------------------------------------------


def tables_of(entries: list[Told]) -> dict[str, list[dict[str, str]]]:
    out = io.BytesIO()
    hj1259.write(entries, out)
    with zipfile.ZipFile(out) as made:
        return {
            name[7:10]: list(csv.DictReader(io.StringIO(made.read(name).decode("utf-8-sig"))))
            for name in made.namelist()
        }


def test_the_tables_of_hj_1259_follow_the_containers(log: Database) -> None:
    whole_way(log)
    found = tables_of(told(log))
    assert {table: len(rows) for table, rows in found.items()} == {
        "B.1": 2, "B.2": 2, "B.3": 2, "B.4": 1, "B.5": 2
    }  # fmt: skip
    first = found["B.1"][0]
    assert (first["序号"], first["危险废物类别"], first["危险废物代码"]) == ("1", "HW08", "900-214-08")
    assert (first["产生量"], first["计量单位"], first["容器/包装编码"]) == ("0.100", "吨", "L1")
    assert [row["入库量"] for row in found["B.2"]] == ["0.0998", "0.040"]
    assert found["B.2"][0]["产生批次编码"] == "B1"
    assert found["B.3"][0]["去向"] == acts.VEHICLE
    assert found["B.4"][0]["自行利用/处置方式"] == "D10"


def test_every_column_that_is_filled_is_one_of_the_norm(log: Database) -> None:
    whole_way(log)
    for entry in told(log):
        for table in TYPES[entry.event.type].hj1259.split():
            for at, line in enumerate(entry.lines):
                filled = {name for name, value in hj1259._cells(table, entry, line, at).items() if value}
                shared = {"容器/包装编码", "危险废物代码", "计量单位"}
                assert shared <= filled & set(hj1259.COLUMNS[table])


def test_held_entries_are_not_in_the_tables(log: Database) -> None:
    put(log, acts.registered("L1"), acts.registered("L1"), acts.treated("L1"))
    found = tables_of(told(log))
    assert (len(found["B.1"]), len(found["B.4"])) == (1, 0)


@pytest.mark.parametrize(
    ("mass_g", "text"),
    [(0, "0.000"), (1, "0.000001"), (24_800, "0.0248"), (1_250_000, "1.250"), (10**9, "1000.000")],
)
def test_tonnes_are_exact(mass_g: int, text: str) -> None:
    assert hj1259.tonnes(mass_g) == text


def test_the_csv_has_a_row_per_container(log: Database) -> None:
    put(log, acts.registered("L1"), acts.act("policy.changed", facts={"k": "值,\n"}))
    entries = told(log)
    text = b"".join(tables.csv_of(entries)).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["type"] for row in rows] == ["key.registered", "batch.registered", "policy.changed"]
    assert (rows[1]["label"], rows[1]["mass_g"], rows[1]["type_zh"]) == ("L1", "100000", "登记产生")
    assert json.loads(rows[2]["facts"]) == {"k": "值,\n"}


def test_a_repacking_is_a_transformation_of_inputs_into_outputs(log: Database) -> None:
    put(log, acts.registered("L1"), acts.registered("L2", 50_000, batch=f"{acts.FIRM}/B2"))
    put(log, acts.poured(["L1", "L2"], {"R1": 140_000}), acts.poured(["L9"], {"R9": 1}))
    found = [event for event in events(document(told(log))) if event["wh:type"] == "container.repacked"]
    made = found[0]
    assert (made["type"], made["bizStep"], "action" in made) == ("TransformationEvent", "repackaging", False)
    assert made["inputEPCList"] == ["urn:wastehub:label:L1", "urn:wastehub:label:L2"]
    assert made["outputEPCList"] == ["urn:wastehub:label:R1"]
    assert [each["quantity"] for each in made["inputQuantityList"]] == [100, 50]
    assert [each["quantity"] for each in made["outputQuantityList"]] == [140]
    assert found[1]["wh:held"] == "label.unknown"


def test_a_repacking_leaves_one_table_and_enters_another(log: Database) -> None:
    """HJ 1259, B.3 for what was emptied and B.2 for what was filled."""
    put(log, acts.registered("L1"), acts.registered("L2", 50_000, batch=f"{acts.FIRM}/B2"))
    put(log, acts.poured(["L1", "L2"], {"R1": 140_000}))
    entry = next(each for each in told(log) if each.event.type == "container.repacked")
    assert TYPES[entry.event.type].hj1259.split() == ["B.3", "B.2"]
    for table, labels in (("B.3", ["L1", "L2"]), ("B.2", ["R1"])):
        column = hj1259.COLUMNS[table].index("容器/包装编码")
        assert [row[column] for row in hj1259.rows_of(table, entry, 1)] == labels


def test_a_fact_that_waited_is_told_when_it_was_posted(log: Database) -> None:
    put(log, acts.loaded("L1"))
    put(log, acts.registered("L1"))
    entries = told(log)
    assert [(entry.event.type, entry.idx, entry.held) for entry in entries[1:]] == [
        ("batch.registered", 2, ""),
        ("container.loaded", 1, ""),
    ]
    assert (entries[2].lines[0].found_at, entries[2].lines[0].now_at) == (acts.FIRM, acts.VEHICLE)
