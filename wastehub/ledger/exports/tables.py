"""Entries as one CSV: a row per container, or one for an entry that names none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import orjson

from ..vocabulary import TYPES
from .reports import Row, csv_chunks
from .telling import Told, ToldLine

COLUMNS = (
    "idx", "event_id", "type", "type_zh", "event_time", "recorded_at", "site", "author", "subject", "label",
    "batch", "code", "mass_g", "found_at", "now_at", "held", "facts", "leaf_hash",
)  # fmt: skip


def csv_of(entries: Iterable[Told]) -> Iterator[bytes]:
    """UTF-8 with a byte order mark, a piece at a time. Mass in grams as the books have it after the act."""
    return csv_chunks(COLUMNS, _rows(entries))


def _rows(entries: Iterable[Told]) -> Iterator[Row]:
    for entry in entries:
        for line in entry.lines or (None,):
            yield _row(entry, line)


def _row(entry: Told, line: ToldLine | None) -> Row:
    event = entry.event
    about = (
        (line.label, line.batch, line.code, line.mass_g, line.found_at, line.now_at) if line else ("",) * 6
    )
    return (
        entry.idx, event.id, event.type, TYPES[event.type].zh, event.at.isoformat(timespec="milliseconds"),
        entry.recorded_at, event.site, event.author, event.subject, *about, entry.held,
        orjson.dumps(event.facts, option=orjson.OPT_SORT_KEYS).decode(), entry.leaf_hash.hex(),
    )  # fmt: skip
