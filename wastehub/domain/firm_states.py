"""The state of a firm behind its code 企业码: green, yellow or red, each with its reasons (S5).

Red: something is late, missing or against a limit today. Yellow: it will be soon, or somebody has to look.
The rule is ours; the facts it reads come from the ledger's books, the store's clock and the firm's papers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

Colour = Literal["green", "yellow", "red"]
PAPERS_WARN_DAYS = 30


@dataclass(frozen=True, slots=True)
class FirmFacts:
    """What the rule looks at. Masses in grams; `limit_g` None: no limit is known."""

    on: date
    active: bool = True
    overdue_containers: int = 0
    warned_containers: int = 0
    stock_g: int = 0
    limit_g: int | None = None
    contract_until_on: date | None = None
    plan_registered: bool = False
    open_cases: int = 0
    late_cases: int = 0
    open_problems: int = 0
    late_problems: int = 0
    unlabelled: int = 0


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a firm is not green. The words stand in web/firm_words.py."""

    colour: Colour
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


def reasons(facts: FirmFacts) -> list[Reason]:
    """Everything that stands against green, red first."""
    found = [*_store(facts), *_papers(facts), *_open_loops(facts)]
    return sorted(found, key=lambda each: each.colour != "red")


def colour_of(found: Sequence[Reason]) -> Colour:
    """The worst reason decides; no reason is green."""
    colours = {each.colour for each in found}
    return "red" if "red" in colours else "yellow" if colours else "green"


def _store(facts: FirmFacts) -> list[Reason]:
    found = []
    if facts.overdue_containers:
        found.append(Reason("red", "stock_overdue", {"count": facts.overdue_containers}))
    if facts.warned_containers:
        found.append(Reason("yellow", "stock_warned", {"count": facts.warned_containers}))
    if facts.limit_g is not None:
        numbers = {"stock_g": facts.stock_g, "limit_g": facts.limit_g}
        if facts.stock_g > facts.limit_g:
            found.append(Reason("red", "store_over", numbers))
        elif facts.stock_g * 10 >= facts.limit_g * 8:
            found.append(Reason("yellow", "store_nearly_full", numbers))
    if facts.unlabelled:
        found.append(Reason("yellow", "unlabelled", {"count": facts.unlabelled}))
    return found


def _papers(facts: FirmFacts) -> list[Reason]:
    found = []
    if not facts.active:
        found.append(Reason("red", "inactive"))
    until_on = facts.contract_until_on
    if until_on is None:
        found.append(Reason("red", "contract_missing"))
    elif (until_on - facts.on).days <= PAPERS_WARN_DAYS:
        found.append(Reason("yellow", "contract_ending", {"until_on": until_on}))
    if not facts.plan_registered:
        found.append(Reason("red", "plan_missing", {"year": facts.on.year}))
    return found


def _open_loops(facts: FirmFacts) -> list[Reason]:
    found = []
    if facts.late_cases:
        found.append(Reason("red", "cases_late", {"count": facts.late_cases}))
    if facts.open_cases > facts.late_cases:
        found.append(Reason("yellow", "cases_open", {"count": facts.open_cases - facts.late_cases}))
    if facts.late_problems:
        found.append(Reason("red", "problems_late", {"count": facts.late_problems}))
    if facts.open_problems > facts.late_problems:
        count = facts.open_problems - facts.late_problems
        found.append(Reason("yellow", "problems_open", {"count": count}))
    return found
