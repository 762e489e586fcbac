"""Words for what the office sees of rounds on the road."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from ..domain.duty_alarms import Alarm
from ..models.route_plans import Round
from ..services import duty
from . import formatting
from .acting import Act

TONES = {
    "driving_over": "bad",
    "day_over": "bad",
    "off_route": "warn",
    "long_stop": "warn",
    "late": "warn",
    "driving_soon": "warn",
    "silent": "waiting",
}


def alarm(row: Alarm) -> tuple[str, str]:
    """Tone and sentence of an alarm."""
    numbers = row.numbers
    said = {
        "driving_over": lambda: _(
            "连续驾驶 %(time)s，超过上限", time=formatting.duration(numbers["driven_s"])
        ),
        "driving_soon": lambda: _("还可连续驾驶 %(time)s", time=formatting.duration(numbers["left_s"])),
        "day_over": lambda: _("今天驾驶 %(time)s，超过上限", time=formatting.duration(numbers["driven_s"])),
        "off_route": lambda: _("偏离计划路线 %(away)s", away=formatting.km(numbers["away_m"])),
        "long_stop": lambda: _("计划外停车 %(time)s", time=formatting.duration(numbers["still_s"])),
        "late": lambda: _("比计划收车晚 %(time)s", time=formatting.duration(numbers["late_s"])),
        "silent": lambda: _("%(time)s 没有位置", time=formatting.duration(numbers["silent_s"])),
    }[row.kind]()
    return TONES[row.kind], said


def todo(act: Act, rounds: Sequence[Round]) -> list[dict[str, Any]]:
    """One line for the office's home: vehicles that want looking at, and why; none when all is well."""
    found = duty.alarms_now(act.session, actor=act.actor, rounds=rounds, now=act.now)
    if not found:
        return []
    said = [alarm(each) for _row, alarms in found for each in alarms]
    first = found[0][0]
    one = url_for("dispatcher.round_detail", round_id=first.id)
    return [
        {
            "href": one if len(found) == 1 else url_for("dispatcher.rounds"),
            "count": len(found),
            "label": _("辆在途车辆需要留意"),
            "note": f"{first.vehicle.plate} {said[0][1]}" + (" …" if len(said) > 1 else ""),
            "tone": "bad" if any(tone == "bad" for tone, _word in said) else "warn",
        }
    ]


def driving_state(state: str) -> str:
    return {
        "off": _("未出车"),
        "driving": _("行驶中"),
        "standing": _("停车作业"),
        "resting": _("休息中"),
    }[state]
