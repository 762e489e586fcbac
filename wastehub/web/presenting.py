"""Numbers of a refusal as a reader wants them: the unit in the parameter's name says how."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from . import formatting, words


def present(name: str, value: Any) -> Any:
    """`mass_g` as "812.5 kg", `until_on` as a date, `until_at` in Shanghai time, `arrive_s` as a clock."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return words.joined(present(name, each) for each in sorted(value, key=str))
    if name == "container_state" and value in words.CONTAINER_STATES:
        return str(words.CONTAINER_STATES[value][1])
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, datetime):
        return formatting.at(value)
    if isinstance(value, date):
        return formatting.on(value)
    if isinstance(value, int):
        if name.endswith("_g"):
            return formatting.mass(value)
        if name.endswith("_m"):
            return formatting.km(value)
        if name.endswith("duration_s") or name.endswith("over_s") or name.endswith("_max_s"):
            return formatting.duration(value)
        if name.endswith("_s"):
            return formatting.clock(value)
        if name.endswith("_fen"):
            return formatting.money(value)
    return value


def present_params(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: present(name, value) for name, value in params.items()}
