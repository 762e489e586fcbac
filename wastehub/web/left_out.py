"""Why a request is not on a plan, in plain words with the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from . import formatting, words
from .explanations import explain_code


def sentence(reason: str, numbers: Mapping[str, Any]) -> str:
    """What happened, what it means, what to do next; the codes stand in the explanation tables."""
    return explain_code(f"unassigned.{reason}", readable(numbers)).message


def remedies(numbers: Mapping[str, Any]) -> list[str]:
    """What would let the request in, each tried on the plan itself, the easiest first (F44)."""
    return [_remedy(one) for one in numbers.get("remedies", ())]


def _remedy(one: Mapping[str, Any]) -> str:
    changes = words.joined(
        explain_code(f"remedy.{change['code']}", _changed(change)).message for change in one["changes"]
    )
    return _(
        "%(changes)s：由 %(vehicle)s 于 %(at)s 收运，多行 %(km)s，多花 %(cost)s",
        changes=changes,
        vehicle=one["vehicle"],
        at=formatting.clock(one["start_s"]),
        km=formatting.km(one["extra_m"]),
        cost=formatting.money(one["extra_cost_fen"]),
    )


def _changed(change: Mapping[str, Any]) -> dict[str, Any]:
    shown = readable({name: value for name, value in change.items() if name != "code"})
    for name in ("until_s", "close_s", "from_s", "open_s"):
        if name in shown:
            shown[name] = formatting.clock(int(shown[name]))
    if "load_classes" in shown:
        shown["load_classes"] = _wastes(str(shown["load_classes"]))
    return shown


def readable(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """The solver's numbers with units a reader knows: its load classes are waste codes, its seconds times."""
    shown: dict[str, Any] = {name: value for name, value in numbers.items() if name != "remedies"}
    for name in ("load_class", "with", "a", "b"):
        if name in shown:
            shown[name] = _wastes(str(shown[name]))
    for name in ("late_s", "over_s", "driving_s", "driven_s", "span_s"):
        if name in shown:
            shown[name.removesuffix("_s") + "_duration"] = formatting.duration(int(shown.pop(name)))
    if "dimension" in shown:
        dimension = str(shown["dimension"])
        shown["dimension"] = _dimension(dimension)
        for name in ("load", "max", "over"):
            if name in shown:
                shown[name] = _amount(dimension, int(shown[name]))
    if "by" in shown:
        shown["by"] = {
            "capacity": _("装载能力"),
            "shift": _("班次时间"),
            "class_conflict": _("不相容废物"),
        }.get(str(shown["by"]), shown["by"])
    return shown


def _wastes(classes: str) -> str:
    """ "OIL:900-249-08:T/I, ?:900-045-49:T" as "900-249-08、900-045-49"; "*" is everything."""
    if classes == "*":
        return _("全部废物")
    codes = [part.split(":")[1] if ":" in part else part for part in classes.split(", ")]
    return words.joined(dict.fromkeys(codes))


def _dimension(name: str) -> str:
    return {
        "mass_g": _("重量"),
        "gross_g": _("含容器总重"),
        "volume_l": _("容积"),
        "places_milli": _("桶位"),
        "containers": _("容器数"),
    }.get(name, name)


def _amount(dimension: str, value: int) -> str:
    if dimension.endswith("_g"):
        return formatting.mass(value)
    if dimension == "volume_l":
        return f"{formatting.number(value)} L"
    if dimension == "places_milli":
        return f"{value / 1000:.1f}"
    return formatting.number(value)
