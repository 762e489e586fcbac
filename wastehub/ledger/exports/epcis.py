"""Entries as EPCIS 2.0 JSON-LD, streamed as one document.

bizStep and disposition are CBV 2.0 words; what CBV lacks carries the prefix "wh:". Identifiers are URNs: a
label, a place, a class of waste (code and batch). Mass in kilograms (uom KGM), exact to the gram.
Source: GS1 EPCIS 2.0 and CBV 2.0; the table of types is ledger/vocabulary.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from ..vocabulary import TYPES, EventType
from .telling import Told, ToldLine

CONTEXT = (
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"wh": "urn:wastehub:vocabulary:"},
)
MANIFEST_TYPES = ("manifest",)
Json = dict[str, Any]


def document(entries: Iterable[Told], *, created_at: str) -> Iterator[bytes]:
    """An EPCISDocument, a piece at a time. Entries that are no supply-chain events are left out.

    `created_at`: RFC 3339.
    """
    head = {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": created_at,
    }
    yield _dump(head)[:-1] + b',"epcisBody":{"eventList":['
    joint = b"\n"
    for entry in entries:
        made = event_of(entry)
        if made is not None:
            yield joint + _dump(made)
            joint = b",\n"
    yield b"\n]}}\n"


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def event_of(entry: Told) -> Json | None:
    """The EPCIS event of an entry; None for those that are none (keys, users, policies).

    A repacking that the books hold because it names nothing to pour is none either.
    """
    kind = TYPES[entry.event.type]
    if not kind.epcis or (kind.epcis == "TransformationEvent" and not all(entry.poured())):
        return None
    made = _common(entry, kind)
    epcs = [_urn("label", line.label) for line in entry.lines]
    if kind.epcis == "AggregationEvent" and epcs:
        made |= {"type": kind.epcis, "parentID": _urn("lot", entry.event.subject), "childEPCs": epcs}
    elif kind.epcis == "ObjectEvent":
        made |= {"type": kind.epcis, "epcList": epcs}
        made |= _quantities(entry.lines) | _parties(entry) | _weighings(entry)
    elif kind.epcis == "TransformationEvent":
        made |= {"type": kind.epcis} | _transformed(entry)
    else:
        # A lot that is still empty aggregates nothing: the fact is that the paper was opened.
        made |= {"type": "TransactionEvent", "epcList": epcs}
    return made | _extensions(entry)


def _common(entry: Told, kind: EventType) -> Json:
    event = entry.event
    at = event.at.isoformat(timespec="milliseconds")
    made: Json = {
        "eventID": f"urn:uuid:{event.id}",
        "eventTime": at,
        "eventTimeZoneOffset": at[-6:],
        "recordTime": entry.recorded_at,
    }
    if kind.action:
        made["action"] = kind.action
    if kind.biz_step:
        made["bizStep"] = kind.biz_step
    if kind.disposition:
        made["disposition"] = kind.disposition
    made["readPoint"] = {"id": _urn("place", event.site)}
    papers = _papers(entry, kind)
    if papers:
        made["bizTransactionList"] = papers
    return made


def _papers(entry: Told, kind: EventType) -> list[Json]:
    """What paper the event belongs to: bill of lading for manifests, own types for the others."""
    event, made = entry.event, []
    manifest = event.facts.get("manifest")
    if isinstance(manifest, str) and manifest:
        made.append({"type": "bol", "bizTransaction": _urn("manifest", manifest)})
    family = event.type.partition(".")[0]
    if kind.epcis not in ("ObjectEvent", "TransformationEvent"):
        name = event.subject or str(event.facts.get("case", "")) or str(event.id)
        kind_of_paper = "bol" if family in MANIFEST_TYPES else f"wh:{family}"
        made.append({"type": kind_of_paper, "bizTransaction": _urn(family, name)})
    return made


def _transformed(entry: Told) -> Json:
    """What was emptied and what was filled: new identities, so no action says what became of the old ones."""
    inputs, outputs = entry.poured()
    made: Json = {}
    for name, lines in (("input", inputs), ("output", outputs)):
        made[f"{name}EPCList"] = [_urn("label", line.label) for line in lines]
        quantities = _quantities(lines)
        if quantities:
            made[f"{name}QuantityList"] = quantities["quantityList"]
    return made


def _quantities(lines: Iterable[ToldLine]) -> Json:
    """Kilograms by class of waste, where the books know what is in the container."""
    sums: dict[tuple[str, str], int] = {}
    for line in lines:
        if line.code and line.batch:
            key = line.code, line.batch
            sums[key] = sums.get(key, 0) + line.mass_g
    made = [
        {"epcClass": _urn("waste", code, batch), "quantity": _kilograms(mass_g), "uom": "KGM"}
        for (code, batch), mass_g in sums.items()
    ]
    return {"quantityList": made} if made else {}


def _parties(entry: Told) -> Json:
    """Who had the containers before and who has them now, when custody passed."""
    moved = [line for line in entry.lines if line.found_at and line.now_at and line.found_at != line.now_at]
    made: Json = {}
    if entry.lines and entry.lines[0].now_at:
        made["bizLocation"] = {"id": _urn("place", entry.lines[0].now_at)}
    if moved and not entry.held:
        made["sourceList"] = [_party("source", line) for line in _one_each(moved, "found_at")]
        made["destinationList"] = [_party("destination", line) for line in _one_each(moved, "now_at")]
    return made


def _one_each(lines: Iterable[ToldLine], name: str) -> list[ToldLine]:
    return list({getattr(line, name): line for line in lines}.values())


def _party(role: str, line: ToldLine) -> Json:
    place = line.found_at if role == "source" else line.now_at
    return {"type": "possessing_party", role: _urn("place", place)}


def _weighings(entry: Told) -> Json:
    made = [
        {"sensorReport": [{"type": "Mass", "value": _kilograms(line.line.mass_g), "uom": "KGM"}]}
        for line in entry.lines
        if line.weighed and not entry.held
    ]
    return {"sensorElementList": made} if made else {}


def _extensions(entry: Told) -> Json:
    """Where the entry stands in the sealed log, and what EPCIS has no word for."""
    event = entry.event
    made: Json = {
        "wh:type": event.type,
        "wh:entry": entry.idx,
        "wh:leafHash": entry.leaf_hash.hex(),
        "wh:author": event.author,
    }
    if event.after:
        made["wh:after"] = [f"urn:uuid:{parent}" for parent in event.after]
    if entry.held:
        made["wh:held"] = entry.held
    corrects = event.facts.get("corrects")
    if isinstance(corrects, str) and corrects:
        made["wh:corrects"] = f"urn:uuid:{corrects}"
    reverses = event.facts.get("reverses")
    if isinstance(reverses, str) and reverses:
        made["wh:reverses"] = f"urn:uuid:{reverses}"
    return made


def _urn(*parts: str) -> str:
    return "urn:wastehub:" + ":".join(quote(part, safe="") for part in parts)


def _kilograms(mass_g: int) -> int | float:
    """Exact up to eight million tonnes: a float prints the shortest text that reads back."""
    return mass_g // 1000 if mass_g % 1000 == 0 else mass_g / 1000
