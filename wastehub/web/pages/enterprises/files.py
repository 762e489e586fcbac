"""Files of firms: CSV as spreadsheets write it, with Chinese or English headings."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from ....domain import credit_codes
from ....domain.errors import InvalidInput, RuleViolation
from ....services import enrolment
from ....services.enrolment import FirmDraft
from ... import words
from . import drafts

LINES_MAX = 2_000
TEXT_MAX = 1_000_000  # characters; the form that confirms them may hold 2 MB
NEEDED = ("name", "credit_code", "town_code")
# Headings besides the label in the reader's language.
HEADINGS = {
    "单位名称": "name",
    "统一社会信用代码": "credit_code",
    "镇（街道）": "town_code",
    "镇(街道)": "town_code",
    "地址": "address",
    "经度": "lon_deg",
    "纬度": "lat_deg",
    "简称": "short_name",
    "行业": "industry",
    "管理类别": "management_class",
    "贮存设施类型": "storage_kind",
    "联系人": "contact_name",
    "联系电话": "contact_phone",
    "应急电话": "emergency_phone",
    "开门时间": "open_from",
    "关门时间": "open_to",
}


@dataclass(frozen=True)
class Line:
    """A firm of the file. `number` as a spreadsheet counts, the heading being 1; draft or violation."""

    number: int
    name: str
    draft: FirmDraft | None = None
    violation: RuleViolation | None = None


def text_of(data: bytes) -> str:
    """The text of an uploaded file: UTF-8, or GB 18030 as Chinese spreadsheets save it.

    Raises InvalidInput: upload.missing, upload.not_text, upload.too_long.
    """
    if not data:
        raise InvalidInput("upload.missing", field="file")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise InvalidInput("upload.not_text", field="file")
    if "\0" in text:
        raise InvalidInput("upload.not_text", field="file")
    if len(text) > TEXT_MAX:
        raise InvalidInput("upload.too_long", field="file", most=LINES_MAX)
    return text


def lines_of(session: Session, text: str) -> list[Line]:
    """The firms of a file. Raises InvalidInput: upload.heading_missing, upload.empty, upload.too_long."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as broken:
        raise InvalidInput("upload.not_text", field="file") from broken
    names = [_named(cell) for cell in rows[0]] if rows else []
    if missing := [name for name in NEEDED if name not in names]:
        labels = words.joined(drafts.LABELS[name] for name in missing)
        raise InvalidInput("upload.heading_missing", field="file", labels=labels)
    filled = [(number, row) for number, row in enumerate(rows[1:], start=2) if any(map(str.strip, row))]
    if not filled:
        raise InvalidInput("upload.empty", field="file")
    if len(filled) > LINES_MAX:
        raise InvalidInput("upload.too_long", field="file", most=LINES_MAX)
    known = _Names(session)
    return [_line(number, dict(zip(names, row, strict=False)), known) for number, row in filled]


def _named(cell: str) -> str:
    """The input that a heading names, "" for a column that is not ours."""
    plain = cell.strip().rstrip("*").strip()
    labels = {str(label).lower(): name for name, label in drafts.LABELS.items()}
    name = HEADINGS.get(plain) or labels.get(plain.lower(), plain)
    return name if name in drafts.LABELS else ""


class _Names:
    """Codes for the words that a line may use: of towns, industries, classes, kinds of storage."""

    def __init__(self, session: Session) -> None:
        self.county_of: dict[str, str] = {}
        self.towns: dict[str, set[str]] = {}
        for county, towns in enrolment.places(session):
            for town in towns:
                self.county_of[town.code] = county.code
                whole = {county.name_zh + town.name_zh, f"{county.name_zh} {town.name_zh}"}
                for word in {town.code, town.name_zh, town.name_en.lower()} | whole:
                    self.towns.setdefault(word, set()).add(town.code)
        self.industries = {
            word: row.code
            for row in enrolment.industries(session)
            for word in (row.code, row.name_zh, row.name_en.lower())
        }
        self.classes = _either_way(words.MANAGEMENT_CLASSES)
        self.kinds = _either_way(words.STORAGE_KINDS)

    def town(self, given: str) -> str:
        """Raises InvalidInput: text.missing, area.unknown, area.ambiguous."""
        if not given:
            raise InvalidInput("text.missing", field="town_code")
        found = self.towns.get(given) or self.towns.get(given.lower(), set())
        if len(found) > 1:
            raise InvalidInput("area.ambiguous", field="town_code", given=given[:40])
        if not found:
            raise InvalidInput("area.unknown", field="town_code", given=given[:40])
        return next(iter(found))


def _either_way(table: Mapping[str, object]) -> dict[str, str]:
    return {word: key for key, label in table.items() for word in (key, str(label).lower())}


def _line(number: int, cells: dict[str, str], known: _Names) -> Line:
    values = dict.fromkeys(NEEDED, "") | {name: cell.strip() for name, cell in cells.items() if name}
    try:
        town_code = known.town(values["town_code"])
        typed = values | {
            "town_code": town_code,
            "industry": _coded(values.get("industry", ""), known.industries),
            "management_class": _coded(values.get("management_class", ""), known.classes),
            "storage_kind": _coded(values.get("storage_kind", ""), known.kinds),
            "open_from": _padded(values.get("open_from", "")),
            "open_to": _padded(values.get("open_to", "")),
        }
        draft = drafts.draft_of(typed, county_code=known.county_of[town_code])
    except RuleViolation as violation:
        return Line(number, values["name"][:60], violation=violation)
    return Line(number, values["name"][:60], draft)


def _coded(given: str, words_to_codes: Mapping[str, str]) -> str:
    """The code of a word; an unknown word stays and is refused where codes are checked."""
    return words_to_codes.get(given) or words_to_codes.get(given.lower(), given)


def _padded(clock: str) -> str:
    """Spreadsheets write 8:00 and 08:00:00 for 08:00."""
    hours, colon, rest = clock.partition(":")
    return f"{hours:0>2}:{rest.removesuffix(':00') if rest.count(':') else rest}" if colon else clock


def heading(name: str) -> str:
    """What stands over a column, in the reader's language; a star where it must not be missing."""
    return f"{drafts.LABELS[name]}*" if name in NEEDED else str(drafts.LABELS[name])


def template(session: Session) -> bytes:
    """An empty file with its headings and one line as an example, marked as such."""
    county, towns = enrolment.places(session)[0]
    example = {
        "name": "示例机械厂",
        "credit_code": credit_codes.demo_code(county.code, 1),
        "town_code": f"{county.name_zh}{towns[0].name_zh}",
        "address": "示例路 1 号",
        "industry": enrolment.industries(session)[0].name_zh,
        "management_class": str(words.MANAGEMENT_CLASSES["registration"]),
        "storage_kind": str(words.STORAGE_KINDS["point"]),
        "open_from": drafts.OPENS,
        "open_to": drafts.CLOSES,
    }
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([heading(name) for name in drafts.LABELS])
    writer.writerow([example.get(name, "") for name in drafts.LABELS])
    return b"\xef\xbb\xbf" + out.getvalue().encode()
