"""Tables B.1 to B.5 of a unit and period, with every column.

Source: HJ 1259-2022, Annex B. One row per container and act (6.2): corrected masses, no undone acts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from sqlalchemy.orm import Session

from ... import ledger
from ...domain import calendar
from ...domain.batch_numbers import Stage
from ...domain.statutory import tables
from ...domain.statutory.numbering import own_code
from ...domain.statutory.sheets import Cell, Sheet
from ...domain.statutory.tables import LICENSED, UNIT
from ...models import reference
from .facts import DEFAULT_GENERATING, DEFAULT_TREATMENT, Facts, look_up
from .lines import UnitBook, UnitLine

# HJ 1033 annex F has no code for mere collection: the words stand in its place (docs/forms.md).
COLLECTED = "收集、贮存"
INTO_STORE = "贮存"
Cells = Mapping[str, Cell]


def ledger_sheets(session: Session, book: UnitBook, *, start_on: date, end_on: date) -> tuple[Sheet, ...]:
    """B.1 to B.5 of the period."""
    chosen = {
        "B.1": book.between(start_on, end_on, "generated"),
        "B.2": book.between(start_on, end_on, *_INTAKES[book.unit.kind], "other"),
        "B.3": book.between(start_on, end_on, "left", "other"),
        "B.4": book.between(start_on, end_on, "treated"),
        "B.5": book.between(start_on, end_on, "left"),
    }
    chosen["B.2"] = [each for each in chosen["B.2"] if each.mass_g > 0]
    chosen["B.3"] = [each for each in chosen["B.3"] if each.kind == "left" or each.mass_g < 0]
    facts = look_up(session, book, [each for lines in chosen.values() for each in lines])
    use = bool(reference.legal_limit(session, "collector_handover_is_use", end_on))
    return tuple(
        sheet.filled(
            _row(sheet, _FILL[sheet.code](each, facts, book, use), number)
            for number, each in enumerate(chosen[sheet.code], 1)
        )
        for sheet in tables.LEDGER
    )


# A generator packs, weighs, labels and stores in one act (五即一码): its generation is its intake too.
_INTAKES: Mapping[str, tuple[str, ...]] = {
    "enterprise": ("generated", "received"),
    "platform": ("received",),
    "plant": ("received",),
}


def _row(sheet: Sheet, cells: Cells, number: int) -> tuple[Cell, ...]:
    assert cells.keys() >= {column.key for column in sheet.columns} - {"number"}, sheet.code
    return tuple(number if column.key == "number" else cells[column.key] for column in sheet.columns)


def _common(line: UnitLine, facts: Facts) -> dict[str, Cell]:
    internal, catalogue, category, code = facts.waste(line)
    label, kind, count = facts.container(line)
    return {
        "internal_name": internal,
        "catalogue_name": catalogue,
        "category": category,
        "waste_code": code,
        "mass_g": abs(line.mass_g),
        "unit": UNIT,
        "container_code": label,
        "container_type": kind,
        "container_count": count,
    }


def _generated(line: UnitLine, facts: Facts, book: UnitBook, use: bool) -> Cells:
    return _common(line, facts) | {
        "batch_code": line.batch_no,
        "happened_on": line.on,
        "facility_code": facts.profile.generating_code or DEFAULT_GENERATING,
        "generation_handler": facts.profile.generation_handler or facts.person(line),
        "destination": f"{INTO_STORE}（{facts.storage_code}）",
    }


def _taken_in(line: UnitLine, facts: Facts, book: UnitBook, use: bool) -> Cells:
    inside = line.kind == "generated"
    mover = facts.profile.transport_handler or facts.profile.generation_handler or facts.person(line)
    same_day = calendar.on_date(line.line.event.at) == line.on
    return _common(line, facts) | {
        "batch_code": line.intake_code,
        "happened_at": line.line.event.at if same_day else line.on,
        "facility_code": facts.storage_code,
        "facility_type": facts.storage_type,
        "transport_handler": mover if inside else facts.carriers.get(line.line.event.subject, ""),
        "storage_handler": facts.profile.storage_handler or facts.person(line),
        "origin_batch": _origin(line, book),
    }


def _taken_out(line: UnitLine, facts: Facts, book: UnitBook, use: bool) -> Cells:
    acceptor = facts.acceptor(line)
    other = ledger.TYPES[line.line.event.type].zh if line.kind == "other" else ""
    return _common(line, facts) | {
        "batch_code": line.out_code,
        "happened_at": line.line.event.at,
        "facility_code": facts.storage_code,
        "facility_type": facts.storage_type,
        "storage_handler": facts.profile.storage_handler,
        "transport_handler": acceptor.driver or facts.person(line),
        "origin_batch": line.intake_code,
        "destination": acceptor.unit.name if acceptor.unit else other or line.line.now_at,
    }


def _treated(line: UnitLine, facts: Facts, book: UnitBook, use: bool) -> Cells:
    event = line.line.event
    method = str(event.facts.get("method", ""))
    stage = Stage.OWN_USE if _is_use(facts, method) else Stage.OWN_DISPOSAL
    code = own_code(event.subject, Stage.OWN_USE, Stage.OWN_DISPOSAL)
    return _common(line, facts) | {
        "batch_code": code or book.numbering.of(stage, line.on, (event.subject, line.code)),
        "happened_at": event.at,
        "facility_code": facts.profile.treatment_code or DEFAULT_TREATMENT,
        "method": method,
        "finished_at": event.at,
        "treatment_handler": facts.person(line) or facts.profile.storage_handler,
        "origin_batch": _origin(line, book),
    }


def _sent(line: UnitLine, facts: Facts, book: UnitBook, use: bool) -> Cells:
    acceptor = facts.acceptor(line)
    used = _is_use(facts, acceptor.method) if acceptor.method else use
    stage = Stage.OUTSOURCED_USE if used else Stage.OUTSOURCED_DISPOSAL
    return _common(line, facts) | {
        "batch_code": book.numbering.of(stage, line.on, (line.line.event.subject, line.code)),
        "happened_at": line.line.event.at,
        "method": acceptor.method or COLLECTED,
        "acceptor_kind": LICENSED,
        "acceptor_name": acceptor.unit.name if acceptor.unit else "",
        "acceptor_no": facts.licence(acceptor.unit, line.code, line.on),
        # The rows of units that work under an exemption or abroad: nobody here hands waste to them.
        "exempt_name": "",
        "abroad_name": "",
        "abroad_no": "",
        "origin_batch": line.out_code,
    }


def _is_use(facts: Facts, method: str) -> bool:
    return method in facts.methods and facts.methods[method].kind == "utilisation"


def _origin(line: UnitLine, book: UnitBook) -> str:
    """The generator's batch; where another unit reads it, with the unit: the number alone is not unique."""
    place, _, number = line.line.batch.rpartition("/")
    return number if place == book.unit.site else f"{place.partition(':')[2]}/{number}"


_FILL: Mapping[str, Callable[[UnitLine, Facts, UnitBook, bool], Cells]] = {
    "B.1": _generated,
    "B.2": _taken_in,
    "B.3": _taken_out,
    "B.4": _treated,
    "B.5": _sent,
}
