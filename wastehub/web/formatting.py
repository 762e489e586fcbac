"""How quantities, times and codes read on a page: the Jinja filters.

Inside, everything is an integer in the unit its name carries; here alone it becomes text.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import gettext as _
from markupsafe import Markup, escape

from ..domain import label_codes

SHANGHAI = ZoneInfo("Asia/Shanghai")
ABSENT = "—"
MINUS = "\N{MINUS SIGN}"
GRAMS_FROM_TONNES = 10_000_000
LABEL_CODE_GROUPS = (18, 8, 8, 3)


def _half_up(amount: int, unit: int, decimals: int) -> str:
    """`amount / unit` rounded half away from zero, with thousands separators; integers only."""
    scale = 10**decimals
    scaled = (abs(amount) * scale * 2 + unit) // (unit * 2)
    whole, part = divmod(scaled, scale)
    sign = MINUS if amount < 0 and scaled else ""
    return f"{sign}{whole:,}" + (f".{part:0{decimals}d}" if decimals else "")


def mass(mass_g: int | None) -> str:
    """Grams as "812.5 kg" below 10 t, as "12.345 t" from there; less than 50 g stays in grams."""
    if mass_g is None:
        return ABSENT
    if mass_g and abs(mass_g) < 50:
        return f"{_half_up(mass_g, 1, 0)} g"
    if abs(mass_g) < GRAMS_FROM_TONNES:
        return f"{_half_up(mass_g, 1_000, 1)} kg"
    return f"{_half_up(mass_g, 1_000_000, 3)} t"


def mass_short(mass_g: int | None) -> str:
    """Grams without needless zeros, for legends and axes: "10 t", "2.5 t", "500 kg"."""
    if mass_g is None:
        return ABSENT
    unit, name = (1_000_000, "t") if abs(mass_g) >= 1_000_000 else (1_000, "kg")
    figure = _half_up(mass_g, unit, 3)
    return f"{figure.rstrip('0').rstrip('.')} {name}"


def mass_kg(mass_g: int | None, *, to_gram: bool = False) -> str:
    """Grams as kilograms without the unit, for columns headed with it and for inputs: "812.5".

    Grams that one decimal cannot say are kept: 812501 g is "812.501". `to_gram`: three decimals in any case.
    """
    if mass_g is None:
        return ABSENT
    return _half_up(mass_g, 1_000, 1 if mass_g % 100 == 0 and not to_gram else 3)


def signed_mass(mass_g: int | None) -> str:
    """A difference of masses with its sign: "+1.2 kg"."""
    return ("+" if mass_g and mass_g > 0 else "") + mass(mass_g)


def number(value: int | None) -> str:
    """A count with thousands separators."""
    return ABSENT if value is None else _half_up(value, 1, 0)


def percent(per_mille: int | None) -> str:
    """Thousandths as percent with one decimal: 82 is "8.2%"."""
    return ABSENT if per_mille is None else _half_up(per_mille, 10, 1) + "%"


def _local_day(value: date | datetime) -> date:
    return value.astimezone(SHANGHAI).date() if isinstance(value, datetime) else value


def on(value: date | datetime | None) -> str:
    """A date, or the Shanghai date of an instant: "2026-03-16"."""
    return ABSENT if value is None else _local_day(value).isoformat()


def at(value: datetime | None, seconds: bool = False) -> str:
    """An aware instant in Asia/Shanghai: "2026-03-16 14:05"."""
    if value is None:
        return ABSENT
    return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def time_of(value: datetime | None) -> str:
    """An aware instant of a day that is said already: "14:05"."""
    return ABSENT if value is None else value.astimezone(SHANGHAI).strftime("%H:%M")


def clock(seconds: int | None) -> str:
    """Seconds from local midnight as "14:05"; the next day's hours as "01:30 (+1)"."""
    if seconds is None:
        return ABSENT
    day, rest = divmod(seconds, 86_400)
    return f"{rest // 3600:02d}:{rest % 3600 // 60:02d}" + (f" (+{day})" if day else "")


def relative(value: date | datetime | None, now: datetime | date) -> str:
    """How far `value` lies from `now`: minutes and hours within a day, otherwise Shanghai days."""
    if value is None:
        return ABSENT
    if isinstance(value, datetime) and isinstance(now, datetime):
        gap = value - now
        if abs(gap) < timedelta(hours=20):
            return _within_a_day(
                int(gap.total_seconds()) // 60 if gap >= timedelta(0) else -int(-gap.total_seconds()) // 60
            )
    return _in_days((_local_day(value) - _local_day(now)).days)


def _within_a_day(minutes: int) -> str:
    if abs(minutes) < 1:
        return _("刚刚")
    if abs(minutes) < 60:
        return _("%(count)s 分钟后", count=minutes) if minutes > 0 else _("%(count)s 分钟前", count=-minutes)
    hours = (abs(minutes) + 30) // 60
    return _("%(count)s 小时后", count=hours) if minutes > 0 else _("%(count)s 小时前", count=hours)


def _in_days(days: int) -> str:
    named = {0: _("今天"), 1: _("明天"), -1: _("昨天")}
    if days in named:
        return named[days]
    if days > 0:
        return _("%(count)s 天后", count=number(days))
    return _("%(count)s 天前", count=number(-days))


def due(value: date | datetime | None, today: datetime | date) -> str:
    """A deadline seen from today: "3 天后到期", "今天到期", "已逾期 2 天"."""
    if value is None:
        return ABSENT
    days = (_local_day(value) - _local_day(today)).days
    if days in (0, 1):
        return _("明天到期") if days else _("今天到期")
    if days > 1:
        return _("%(count)s 天后到期", count=number(days))
    return _("已逾期 1 天") if days == -1 else _("已逾期 %(count)s 天", count=number(-days))


def km(distance_m: int | None) -> str:
    """Metres as "12.3 km"."""
    return ABSENT if distance_m is None else f"{_half_up(distance_m, 1_000, 1)} km"


def duration(duration_s: int | None) -> str:
    """Seconds as "45 秒", "25 分钟" or "3 小时 05 分"."""
    if duration_s is None:
        return ABSENT
    if duration_s < 60:
        return _("%(count)s 秒", count=duration_s)
    minutes = (duration_s + 30) // 60
    if minutes < 60:
        return _("%(count)s 分钟", count=minutes)
    return _("%(hours)s 小时 %(minutes)s 分", hours=minutes // 60, minutes=f"{minutes % 60:02d}")


def litres(amount_ml: int | None) -> str:
    """Millilitres as "12.3 L"."""
    return ABSENT if amount_ml is None else f"{_half_up(amount_ml, 1_000, 1)} L"


def signed(value: int, kind: str) -> str:
    """A difference with its sign, as the filter `kind` shows it."""
    shown = str(FILTERS[kind](abs(value)))
    return f"+{shown}" if value > 0 else f"{MINUS}{shown}" if value < 0 else shown


def money(price_fen: int | None) -> str:
    """Fen as "1,234.50 元"."""
    return ABSENT if price_fen is None else _("%(amount)s 元", amount=_half_up(price_fen, 100, 2))


def label_code(code: str | None) -> Markup:
    """The 37-character code in its groups 18 8 8 3 (unit, waste, date, serial).

    The thin gaps are drawn by the style sheet: a copied code stays the code.
    """
    if not code:
        return Markup(ABSENT)
    if len(code) != sum(LABEL_CODE_GROUPS):
        return Markup('<span class="label-code">{}</span>').format(code)
    groups, start = [], 0
    for length in LABEL_CODE_GROUPS:
        groups.append(Markup("<span>{}</span>").format(code[start : start + length]))
        start += length
    return Markup('<span class="label-code" title="{}">{}</span>').format(
        escape(code), Markup("<wbr>").join(groups)
    )


def short_code(number: int | None) -> str:
    """The ten digits that people type, from a container's short number."""
    return label_codes.human_code(number) if number else ABSENT


def short_code_shown(number: int | None) -> str:
    """The same as printed on the label: 4827 1936 05."""
    return label_codes.grouped(short_code(number)) if number else ABSENT


def phone(number: str | None) -> Markup:
    """A telephone number in one piece: it does not break at its hyphens. Nothing if there is none."""
    return Markup('<span class="phone">{}</span>').format(number) if number else Markup("")


FILTERS: dict[str, Callable[..., Any]] = {
    "mass": mass,
    "mass_kg": mass_kg,
    "mass_short": mass_short,
    "signed_mass": signed_mass,
    "number": number,
    "percent": percent,
    "on": on,
    "at": at,
    "clock": clock,
    "time_of": time_of,
    "relative": relative,
    "due": due,
    "km": km,
    "duration": duration,
    "litres": litres,
    "signed": signed,
    "money": money,
    "label_code": label_code,
    "short_code": short_code,
    "short_code_shown": short_code_shown,
    "phone": phone,
}


def register(app: Flask) -> None:
    """Make the filters known to the templates of `app`."""
    app.jinja_env.filters.update(FILTERS)
