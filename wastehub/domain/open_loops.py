"""How long each link of the chain may stay open, and before whom it is put when it stays open longer.

The numbers are reference data (models/reference.LegalLimit): own limits of the installation beside the
law's, each effective-dated and with its certainty. Here stands only how they are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal, NamedTuple

from .errors import InvalidInput


class Stage(NamedTuple):
    """A link of the chain: the keys of its own limit and of the law's (empty: the law names none).

    `is_break`: an open one is a break of traceability, not a mere delay. `own_key` empty: due at once.
    """

    kind: str
    own_key: str
    law_key: str = ""
    is_break: bool = False


STAGES: Mapping[str, Stage] = {
    stage.kind: stage
    for stage in (
        Stage("enterprise_storage", "enterprise_storage_warn_days"),
        Stage("request", "request_due_days"),
        Stage("road", "loop_road_days", is_break=True),
        Stage("manifest", "manifest_confirm_working_days", "manifest_confirm_working_days"),
        Stage("case", ""),  # its day was written down when it was found
        Stage("platform_storage", "platform_warn_days", "licensed_storage_max_days"),
        Stage("second_manifest", "", is_break=True),
        Stage("transfer", "loop_transfer_days", is_break=True),
        Stage("untreated", "loop_plant_days", "licensed_storage_max_days", is_break=True),
        Stage("held", "loop_held_days", is_break=True),
        Stage("unexplained", "", is_break=True),
        Stage("chain", "loop_chain_days", is_break=True),
    )
}
# No later act of anybody ends these by itself: they end with an explanation.
ENDED_BY_WORDS = frozenset({"held"})


class Step(NamedTuple):
    """A stage of escalation: its number, before whom, and the limit that says after how many days."""

    number: int
    to: str
    days_key: str


STEPS = (
    Step(1, "unit", "escalate_unit_days"),
    Step(2, "platform", "escalate_platform_days"),
    Step(3, "county", "escalate_county_days"),
    Step(4, "city", "escalate_city_days"),
)

PROMISE_MAX_KEY = "loop_promise_max_days"
ANSWERS = ("promise", "explained")
Clock = Literal["ok", "own", "law"]


def clock_of(*, own_due_on: date, law_due_on: date | None, today: date) -> Clock:
    """Which limit is behind us: none, the installation's own, or the law's. The last day still counts."""
    if law_due_on is not None and today > law_due_on:
        return "law"
    return "own" if today > own_due_on else "ok"


def clock_starts_on(*, own_due_on: date, law_due_on: date | None, promised_on: date | None) -> date:
    """The day from which escalation counts: the own limit, moved by a promise, never past the law's limit."""
    if promised_on is None or promised_on <= own_due_on:
        return own_due_on
    return promised_on if law_due_on is None else max(own_due_on, min(promised_on, law_due_on))


def steps_due(starts_on: date, today: date, days: Mapping[str, int]) -> list[Step]:
    """The steps whose day has come: a step of n days is due when more than n days have passed."""
    return [step for step in STEPS if today > starts_on + timedelta(days=days[step.days_key])]


def require_answer(
    *, kind: str, answer: str, note: str, promised_on: date | None, today: date, promise_max_days: int
) -> None:
    """Raises InvalidInput unless an answer says why, and by when the loop will be closed.

    "explained" ends what only words can end; everything else needs a day, from tomorrow on and not beyond
    what the installation allows.
    """
    if answer not in ANSWERS or (answer == "explained" and kind not in ENDED_BY_WORDS):
        raise InvalidInput("loop.answer_unknown", field="answer")
    if not note:
        raise InvalidInput("text.missing", field="note")
    if answer == "explained":
        return
    last_on = today + timedelta(days=promise_max_days)
    if promised_on is None:
        raise InvalidInput("text.missing", field="promised_on")
    if not today < promised_on <= last_on:
        raise InvalidInput("loop.promise_out_of_range", field="promised_on", last_on=last_on)
