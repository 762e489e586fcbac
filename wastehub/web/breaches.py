"""The rules that a manual order breaks, in words: where, by how much, and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from .explanation_tables import TABLES
from .explanations import explain_code
from .left_out import readable


def breach_text(breach: Any, firms: Mapping[str, str]) -> str:
    """A sentence for a breach of the judge. `firms`: request number -> short name."""
    code = f"breach.{breach.code}"
    numbers = readable(breach.numbers)
    for name in ("stop_a", "stop_b"):
        if name in numbers:
            numbers[name] = firms.get(str(numbers[name]), numbers[name])
    known = code if code in TABLES else "breach.other"
    return explain_code(known, {**numbers, "code": breach.code}).message


def breach_place(breach: Any, firms: Mapping[str, str]) -> str:
    """Where: "浙F·示011 · 第 2 趟 · 示例单位"; the whole day where no vehicle alone is at fault."""
    parts = [breach.vehicle_id or _("全部平台")]
    if breach.trip is not None:
        parts.append(_("第 %(trip)s 趟", trip=breach.trip + 1))
    if breach.stop_id is not None:
        parts.append(firms.get(breach.stop_id, breach.stop_id))
    return " · ".join(parts)
