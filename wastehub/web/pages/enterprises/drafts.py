"""A firm's particulars as people type them, in the form or in a line of a file, and back."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from flask_babel import lazy_gettext as _l

from ....domain.errors import InvalidInput, RuleViolation
from ....models.organisations import Organisation
from ....services.enrolment import FirmDraft
from ... import formatting
from ..enterprise.forms import clock_s

# Input -> what it is called on the form, in refusals and at the head of a column.
LABELS = {
    "name": _l("单位名称"),
    "credit_code": _l("统一社会信用代码"),
    "town_code": _l("镇（街道）"),
    "address": _l("地址"),
    "lon_deg": _l("经度"),
    "lat_deg": _l("纬度"),
    "short_name": _l("简称"),
    "industry": _l("行业"),
    "management_class": _l("管理类别"),
    "storage_kind": _l("贮存设施类型"),
    "contact_name": _l("联系人"),
    "contact_phone": _l("联系电话"),
    "emergency_phone": _l("应急电话"),
    "open_from": _l("开门时间"),
    "open_to": _l("关门时间"),
}
# Field of a refusal or column of the row -> the input where a person typed it.
INPUTS = {
    "county_code": "town_code",
    "lon_e6": "lon_deg",
    "lat_e6": "lat_deg",
    "open_s": "open",
    "close_s": "open",
}
OPENS, CLOSES = "08:00", "17:00"


def draft_of(values: Mapping[str, str], *, county_code: str) -> FirmDraft:
    """The firm that was typed. Raises InvalidInput (position.malformed, text.missing, window.malformed)."""
    lon_e6, lat_e6 = _position(values.get("lon_deg", "").strip(), values.get("lat_deg", "").strip())
    return FirmDraft(
        name=values.get("name", ""),
        credit_code=values.get("credit_code", ""),
        county_code=county_code,
        town_code=values.get("town_code") or None,
        short_name=values.get("short_name", ""),
        address=values.get("address", ""),
        lon_e6=lon_e6,
        lat_e6=lat_e6,
        industry=values.get("industry", ""),
        management_class=values.get("management_class") or "registration",
        storage_kind=values.get("storage_kind") or "point",
        contact_name=values.get("contact_name", ""),
        contact_phone=values.get("contact_phone", ""),
        emergency_phone=values.get("emergency_phone", ""),
        open_s=clock_s(values.get("open_from") or OPENS, "open"),
        close_s=clock_s(values.get("open_to") or CLOSES, "open"),
    )


def _position(lon: str, lat: str) -> tuple[int, int]:
    """Micro-degrees; (0, 0) when nothing was typed."""
    if not lon and not lat:
        return 0, 0
    return _micro_degrees(lon, "lon_deg"), _micro_degrees(lat, "lat_deg")


def _micro_degrees(text: str, field: str) -> int:
    if not text:
        raise InvalidInput("text.missing", field=field)
    try:
        degrees = Decimal(unicodedata.normalize("NFKC", text))
    except InvalidOperation as wrong:
        raise InvalidInput("position.malformed", field=field, given=text[:20]) from wrong
    if not degrees.is_finite() or abs(degrees) > 180:
        raise InvalidInput("position.malformed", field=field, given=text[:20])
    return round(degrees * 1_000_000)


def values_of(firm: Organisation) -> dict[str, str]:
    """What the form shows of an enrolled firm."""
    return {
        "name": firm.name,
        "credit_code": firm.code,
        "town_code": firm.town_code or "",
        "address": firm.address,
        "lon_deg": degrees(firm.lon_e6),
        "lat_deg": degrees(firm.lat_e6),
        "short_name": firm.short_name,
        "industry": firm.industry,
        "management_class": firm.management_class,
        "storage_kind": firm.storage_kind,
        "contact_name": firm.contact_name,
        "contact_phone": firm.contact_phone,
        "emergency_phone": firm.emergency_phone,
        "open_from": formatting.clock(firm.open_s),
        "open_to": formatting.clock(firm.close_s),
    }


def degrees(e6: int) -> str:
    """Micro-degrees as "120.700000"."""
    return f"{Decimal(e6) / 1_000_000:.6f}"


def at_inputs(violation: RuleViolation) -> RuleViolation:
    """The refusal, pointing at the input of the form."""
    violation.field = INPUTS.get(violation.field, violation.field)
    return violation
