"""What must be true of a firm's particulars, when it joins and whenever they change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...domain import credit_codes, texts
from ...domain.errors import InvalidInput
from ...models.reference import Area, Industry

MANAGEMENT_CLASSES = ("key", "simplified", "registration")
STORAGE_KINDS = ("point", "store")  # 贮存点, 贮存库
POSITION_OFF_MAX_E6 = 1_000_000  # a degree, some 100 km: further off is a slip or a swap of the two


@dataclass(frozen=True)
class FirmDraft:
    """A firm as it stands in the business register, with where it lies and when its gate is open.

    Without a position (0, 0) the firm lies at the centre of its town, or of its county.
    """

    name: str
    credit_code: str
    county_code: str
    town_code: str | None = None
    short_name: str = ""
    address: str = ""
    lon_e6: int = 0
    lat_e6: int = 0
    industry: str = ""
    industry_zh: str = ""
    management_class: str = "registration"
    storage_kind: str = "point"
    contact_name: str = ""
    contact_phone: str = ""
    emergency_phone: str = ""
    open_s: int = 8 * 3600
    close_s: int = 17 * 3600
    demo: bool = False


@dataclass(frozen=True)
class Lists:
    """The areas and industries that drafts may name, by code."""

    areas: Mapping[str, Area]
    industries: Mapping[str, Industry]


def lists_for(session: Session, firms: Iterable[FirmDraft]) -> Lists:
    named = list(firms)
    codes = {firm.county_code for firm in named} | {firm.town_code for firm in named if firm.town_code}
    areas = session.scalars(select(Area).where(Area.code.in_(codes)))  # some 80 areas at most
    return Lists(
        {row.code: row for row in areas}, {row.code: row for row in session.scalars(select(Industry))}
    )


def particulars(firm: FirmDraft, lists: Lists) -> dict[str, Any]:
    """The columns of the firm's row, tidied. The input that is wrong first is named.

    Raises InvalidInput (credit_code.*, text.*, area.unknown, window.empty, organisation.*).
    """
    name = texts.clean(firm.name, field="name", longest=120, required=True)
    code = credit_codes.validate(firm.credit_code, field="credit_code")
    _require_known(firm)
    lon_e6, lat_e6 = _position(firm, *_areas(firm, lists))
    return {
        "credit_code": code,
        "name": name,
        "short_name": texts.clean(firm.short_name or name, field="short_name", longest=60),
        "county_code": firm.county_code,
        "town_code": firm.town_code,
        "address": texts.clean(firm.address, field="address", longest=200),
        "lon_e6": lon_e6,
        "lat_e6": lat_e6,
        "industry": firm.industry,
        "industry_zh": _industry_zh(firm, lists),
        "management_class": firm.management_class,
        "storage_kind": firm.storage_kind,
        "contact_name": texts.clean(firm.contact_name, field="contact_name", longest=40),
        "contact_phone": texts.clean(firm.contact_phone, field="contact_phone", longest=30),
        "emergency_phone": texts.clean(firm.emergency_phone, field="emergency_phone", longest=30),
        "open_s": firm.open_s,
        "close_s": firm.close_s,
    }


def _require_known(firm: FirmDraft) -> None:
    if firm.management_class not in MANAGEMENT_CLASSES:
        raise InvalidInput(
            "organisation.management_class_unknown", field="management_class", given=firm.management_class
        )
    if firm.storage_kind not in STORAGE_KINDS:
        raise InvalidInput("organisation.storage_kind_unknown", field="storage_kind", given=firm.storage_kind)
    if not 0 <= firm.open_s < firm.close_s <= 86_400:
        raise InvalidInput("window.empty", field="open_s", open_s=firm.open_s, close_s=firm.close_s)


def _areas(firm: FirmDraft, lists: Lists) -> tuple[Area, Area | None]:
    if not firm.county_code:
        raise InvalidInput("choice.missing", field="county_code")
    county = lists.areas.get(firm.county_code)
    if county is None or county.level != "county":
        raise InvalidInput("area.unknown", field="county_code", given=firm.county_code)
    if not firm.town_code:
        return county, None
    town = lists.areas.get(firm.town_code)
    if town is None or town.parent_code != firm.county_code:
        raise InvalidInput("area.unknown", field="town_code", given=firm.town_code)
    return county, town


def _position(firm: FirmDraft, county: Area, town: Area | None) -> tuple[int, int]:
    if firm.lon_e6 == firm.lat_e6 == 0:
        centre = town or county
        return centre.lon_e6, centre.lat_e6
    for field, given, centre_e6 in (
        ("lon_e6", firm.lon_e6, county.lon_e6),
        ("lat_e6", firm.lat_e6, county.lat_e6),
    ):
        if abs(given - centre_e6) > POSITION_OFF_MAX_E6:
            raise InvalidInput("organisation.position_far", field=field, county=county.name_zh)
    return firm.lon_e6, firm.lat_e6


def _industry_zh(firm: FirmDraft, lists: Lists) -> str:
    if not firm.industry:
        return texts.clean(firm.industry_zh, field="industry_zh", longest=60)
    known = lists.industries.get(firm.industry)
    if known is None:
        raise InvalidInput("organisation.industry_unknown", field="industry", given=firm.industry[:40])
    return known.name_zh
