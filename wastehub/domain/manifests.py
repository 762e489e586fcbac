"""The transfer manifest 危险废物转移联单: states, number, deadlines, and what each signature seals.

Source: Transfer Measures 危险废物转移管理办法 (2021, Order 23), in force 2022-01-01.
The ministry's list of status codes could not be read: the states are WasteHub's own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from wastehub.domain import calendar
from wastehub.domain.errors import Conflict, InvalidInput

MOVES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "draft": {"submit": "submitted", "void": "void", "use_paper": "paper_pending"},
        "submitted": {"load": "loaded", "void": "void", "use_paper": "paper_pending"},
        # Everything taken off again before leaving: the manifest waits for loading once more.
        "loaded": {"unload": "submitted", "depart": "in_transit"},
        "in_transit": {"arrive": "arrived"},
        "arrived": {"accept": "accepted", "reject": "rejected", "report_discrepancy": "discrepancy"},
        # The acceptor decides after telling the mover-out and the authority (Art. 18).
        "discrepancy": {"accept": "accepted", "reject": "rejected"},
        # Run on paper; entered afterwards, and then confirmed like any other (Art. 20). Before anything is
        # loaded the paper can still be torn up.
        "paper_pending": {"backfill": "arrived", "void": "void"},
        "accepted": {},
        "rejected": {},
        "void": {},
    }
)
STATES = tuple(MOVES)
ACTS = tuple(sorted({act for moves in MOVES.values() for act in moves}))
CLOSED = frozenset({"accepted", "rejected", "void"})

SIGNATURES = ("mover_out", "carrier", "acceptor")


@dataclass(frozen=True, slots=True)
class ManifestField:
    """One entry of the form.

    `required_from` the first state that needs it (None: never), `sealed_by` the signature after which it
    may not change, `per_line` whether every waste line has its own, `source` article or certainty mark.
    """

    name: str
    part: str
    required_from: str | None
    sealed_by: str
    name_zh: str
    name_en: str
    source: str
    per_line: bool = False


def _field(
    part: str, sealed_by: str, name: str, required_from: str | None, zh: str, en: str, source: str
) -> ManifestField:
    per_line = name.startswith("lines.")
    return ManifestField(
        name.removeprefix("lines."), part, required_from, sealed_by, zh, en, source, per_line
    )


def _part(
    part: str, sealed_by: str, rows: Iterable[tuple[str, str | None, str, str, str]]
) -> tuple[ManifestField, ...]:
    return tuple(_field(part, sealed_by, *row) for row in rows)


# "form" marks what the ministry's form asks beside the articles; it was read in public code only.
PARTS: tuple[ManifestField, ...] = (
    *_part(
        "mover_out",
        "mover_out",
        (
            ("mover_out_name", "submitted", "移出人名称", "Mover-out", "Art. 10"),
            (
                "mover_out_credit_code",
                "submitted",
                "移出人统一社会信用代码",
                "Mover-out's credit code",
                "form",
            ),
            ("mover_out_address", "submitted", "移出设施地址", "Mover-out's address", "form"),
            ("mover_out_contact", "submitted", "移出人联系人", "Mover-out's contact", "form"),
            ("mover_out_phone", "submitted", "移出人联系电话", "Mover-out's telephone", "form"),
            ("emergency_phone", None, "应急联系电话", "Emergency telephone", "form"),
            ("acceptor_name", "submitted", "拟接受单位名称", "Intended acceptor", "Art. 10"),
            (
                "acceptor_permit_number",
                "submitted",
                "拟接受单位许可证编号",
                "Acceptor's permit number",
                "form",
            ),
            ("carrier_name", "submitted", "承运人名称", "Carrier", "Art. 10"),
            ("emergency_measures", "submitted", "突发环境事件防范措施", "Emergency precautions", "Art. 10"),
            ("handed_over_at", "loaded", "交付时间", "Handed over at", "form"),
            ("lines.waste_name", "submitted", "废物名称", "Waste name", "Art. 10"),
            ("lines.waste_category", None, "废物类别", "Waste category", "form"),
            ("lines.waste_code", "submitted", "废物代码", "Waste code", "Art. 10"),
            ("lines.hazards", "submitted", "危险特性", "Hazard properties", "Art. 10"),
            ("lines.form", "submitted", "形态", "Physical form", "form"),
            ("lines.harmful_component", None, "有害成分名称", "Harmful component", "form"),
            ("lines.packaging", "submitted", "包装方式", "Packaging", "form"),
            ("lines.package_count", "loaded", "包装数量", "Number of packages", "form"),
            ("lines.moved_mass_g", "loaded", "移出量", "Mass moved out", "Art. 10"),
            ("lines.purpose", "submitted", "运输目的", "Purpose of transport", "form"),
        ),
    ),
    *_part(
        "transport",
        "carrier",
        (
            ("carrier_permit_number", "loaded", "道路运输经营许可证号", "Carrier's operating permit", "form"),
            ("vehicle_plate", "loaded", "车牌号", "Vehicle plate", "Art. 11"),
            ("vehicle_certificate_number", "loaded", "营运证件号", "Vehicle's certificate number", "Art. 11"),
            ("driver_name", "loaded", "驾驶员", "Driver", "form"),
            ("driver_phone", None, "驾驶员电话", "Driver's telephone", "form"),
            ("escort_name", "loaded", "押运员", "Escort", "form"),
            ("transport_start", "in_transit", "运输起点", "Start of transport", "Art. 11"),
            ("transport_end", "in_transit", "运输终点", "End of transport", "Art. 11"),
            ("via", None, "经由地", "By way of", "form"),
            ("departed_at", "in_transit", "起运时间", "Departed at", "form"),
            ("track", None, "运输轨迹", "Track", "Art. 11"),
            ("carriages", None, "联运交接", "Hand-overs between carriers", "Art. 17"),
        ),
    ),
    *_part(
        "acceptance",
        "acceptor",
        (
            ("arrived_at", "arrived", "运抵时间", "Arrived at", "form"),
            ("receiver_name", None, "接受单位名称", "Acceptor", "Art. 12"),
            ("receiver_permit_number", None, "危险废物经营许可证编号", "Acceptor's licence", "form"),
            ("receiver_contact", None, "接受单位联系人及电话", "Acceptor's contact", "form"),
            ("received_at", "accepted", "接受时间", "Received at", "form"),
            ("acceptance_opinion", "accepted", "是否接受的意见", "Opinion: accepted or not", "Art. 12"),
            ("acceptor_handler", "accepted", "接受经办人", "Acceptor's handler", "form"),
            ("discrepancy_note", None, "重大差异处理意见", "Handling of a major difference", "Art. 18"),
            ("discrepancy_report", None, "差异告知与报告", "Whom the difference was reported to", "Art. 18"),
            ("lines.accepted_mass_g", "accepted", "接受量", "Mass accepted", "Art. 12"),
            ("lines.method_code", "accepted", "利用处置方式", "Use or disposal method", "Art. 12"),
        ),
    ),
)

# The kinds of difference on arrival (Art. 18), as papers and pages name them.
DIFFERENCES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "name": ("名称", "name"),
        "quantity": ("数量（重量）", "quantity"),
        "property": ("特性", "properties"),
        "form": ("形态", "form"),
        "packaging": ("包装", "packaging"),
    }
)
_MAIN_LINE = ("draft", "submitted", "loaded", "in_transit", "arrived", "accepted")
# What a side state needs is what its neighbour on the main line needs; a void or paper form needs nothing.
_NEEDS_AS = {"discrepancy": "arrived", "rejected": "arrived", "void": "draft", "paper_pending": "draft"}
_NEEDED_WHEN_REJECTED = frozenset({"received_at", "acceptance_opinion", "acceptor_handler"})


def next_state(state: str, act: str) -> str:
    """The state after an act. Raises Conflict("manifest.act_not_allowed", state=, act=)."""
    assert act in ACTS, act
    after = MOVES[state].get(act)
    if after is None:
        raise Conflict("manifest.act_not_allowed", state=state, act=act)
    return after


def may(state: str, act: str) -> bool:
    """Whether the act is allowed in the state: for pages that decide which buttons to show."""
    assert act in ACTS, act
    return act in MOVES[state]


def is_required(field: ManifestField, state: str) -> bool:
    """Whether a manifest in the state must have the field."""
    if state == "rejected" and field.name in _NEEDED_WHEN_REJECTED:
        return True
    if field.required_from is None:
        return False
    return _MAIN_LINE.index(field.required_from) <= _MAIN_LINE.index(_NEEDS_AS.get(state, state))


def require_complete(fields: Mapping[str, object], state: str) -> None:
    """Whether the manifest may be in the state; `fields["lines"]` is the sequence of waste lines.

    None, "" and empty collections are missing; False and 0 are answers.
    Raises InvalidInput("manifest.field_missing", field=, name_zh=, name_en=), "manifest.no_lines".
    """
    lines = fields.get("lines") or ()
    assert isinstance(lines, Sequence)
    needed = [field for field in PARTS if is_required(field, state)]
    if any(field.per_line for field in needed) and not lines:
        raise InvalidInput("manifest.no_lines", field="lines")
    for field in needed:
        if field.per_line:
            for index, line in enumerate(lines):
                _require(field, line.get(field.name), f"lines.{index}.{field.name}")
        else:
            _require(field, fields.get(field.name), field.name)


def _require(field: ManifestField, value: object, path: str) -> None:
    if value is None or (isinstance(value, str | Collection) and not value):
        raise InvalidInput("manifest.field_missing", field=path, name_zh=field.name_zh, name_en=field.name_en)


def sealed_fields(signatures: Collection[str]) -> frozenset[str]:
    """The names of the fields that may not change any more, given who has signed."""
    assert set(signatures) <= set(SIGNATURES), signatures
    return frozenset(field.name for field in PARTS if field.sealed_by in signatures)


def require_unsealed(changed: Iterable[str], signatures: Collection[str]) -> None:
    """Raises Conflict("manifest.field_sealed", field=, name_zh=, name_en=, signature=) for a sealed field."""
    sealed = sealed_fields(signatures)
    by_name = {field.name: field for field in PARTS}
    for name in changed:
        if name in sealed:
            field = by_name[name]
            raise Conflict(
                "manifest.field_sealed",
                field=name,
                name_zh=field.name_zh,
                name_en=field.name_en,
                signature=field.sealed_by,
            )


def official_number(
    text: str, *, year: int, province: str = "33", city: str | None = None, field: str = "official_number"
) -> str:
    """The 14 digits of a manifest number: year, province, city of origin, six-digit serial.

    Raises InvalidInput: manifest.number_malformed(given), manifest.number_wrong_year(expected, given),
    manifest.number_wrong_origin(expected, given).
    Source: Transfer Measures Art. 15. The number is issued by the national system, never made here.
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    if not re.fullmatch(r"20[0-9]{12}", plain) or plain.endswith("000000"):
        raise InvalidInput("manifest.number_malformed", field=field, given=text.strip()[:40])
    if int(plain[:4]) != year:
        raise InvalidInput("manifest.number_wrong_year", field=field, expected=year, given=plain[:4])
    expected = province + (city or "")
    given = plain[4 : 4 + len(expected)]
    if given != expected:
        raise InvalidInput("manifest.number_wrong_origin", field=field, expected=expected, given=given)
    return plain


def confirm_due_on(arrived_on: date, *, working_days: int = 5) -> date:
    """The last day for the acceptor to confirm. Raises CalendarYearUnknown. Source: Art. 18."""
    return calendar.add_working_days(arrived_on, working_days)


def confirm_due_on_if_known(arrived_on: date, *, working_days: int = 5) -> date | None:
    """As `confirm_due_on`; None while the holidays of a year are not published yet.

    Waste that arrives in December is taken in whether or not the State Council has published next
    year: the deadline is missing then, never guessed, and the open loops show the manifest.
    """
    try:
        return confirm_due_on(arrived_on, working_days=working_days)
    except calendar.CalendarYearUnknown:
        return None


def backfill_due_on(finished_on: date, *, working_days: int = 10) -> date:
    """The last day to enter a paper manifest 补录. Raises CalendarYearUnknown. Source: Art. 20."""
    return calendar.add_working_days(finished_on, working_days)


def backfill_due_on_if_known(finished_on: date, *, working_days: int = 10) -> date | None:
    """As `backfill_due_on`; None while the holidays of a year are not published yet."""
    try:
        return backfill_due_on(finished_on, working_days=working_days)
    except calendar.CalendarYearUnknown:
        return None


def differences_of(within: bool, reason: str) -> list[str]:
    """The kinds of Art. 18 that one weighed and judged container shows.

    A refusal for another reason (no room, outside the licence) is no difference from the manifest.
    """
    found = [] if within else ["quantity"]
    kind = reason.removesuffix("_differs") if reason.endswith("_differs") else ""
    if kind in DIFFERENCES and kind not in found:
        found.append(kind)
    return found


def difference_note(differences: Sequence[str]) -> str:
    """What the form says of the differences found: how many containers, in which respect. Chinese."""
    counts = {kind: sum(1 for each in differences if each == kind) for kind in DIFFERENCES}
    said = [f"{DIFFERENCES[kind][0]} {count} 个容器" for kind, count in counts.items() if count]
    return "与联单不符：" + "，".join(said)


def require_report(
    *, kinds: Sequence[str], found: str, told_whom: str, authority: str, decision_note: str
) -> None:
    """Whether a report of differences says what Art. 18 asks for.

    Raises InvalidInput: manifest.difference_missing, manifest.difference_unknown(given),
    manifest.report_incomplete(field).
    """
    if not kinds:
        raise InvalidInput("manifest.difference_missing", field="kinds")
    for kind in kinds:
        if kind not in DIFFERENCES:
            raise InvalidInput("manifest.difference_unknown", field="kinds", given=kind[:20])
    said = {"found": found, "told_whom": told_whom, "decision_note": decision_note, "authority": authority}
    for field, value in said.items():
        if not value.strip():
            raise InvalidInput("manifest.report_incomplete", field=field)
