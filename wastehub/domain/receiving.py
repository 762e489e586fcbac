"""What a gate says of a container, at the platform and at the plant: accepted or refused, and how it weighed.

Source: Transfer Measures Art. 12 (verify kind, mass, packaging, labels), Art. 18 (differences).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from . import quantities, reasons, texts
from .errors import InvalidInput
from .quantities import Difference, ToleranceRule

ACCEPTED, REFUSED = "accepted", "refused"
NOTE_LONGEST = 300
VEHICLE_MASS_MAX_G = 100_000_000
# A difference outside the tolerance is to be explained within this many days. Configuration.
CASE_DUE_DAYS = 10

Opinion = Literal["accepted", "partly", "refused"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gate says of one container. `weighed_g` None: refused without being put on the scale."""

    container_id: UUID
    weighed_g: int | None
    decision: str = ACCEPTED
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision that holds, with the difference of its weighing."""

    accepted: bool
    weighed_g: int
    reason: str
    note: str
    difference: Difference


def judge(decision: Decision, *, expected_g: int, rule: ToleranceRule, field: str = "") -> Judged:
    """The decision, checked. `expected_g`: the mass on record; `field`: path before the input's name.

    Raises InvalidInput: reception.decision_unknown, reception.mass_missing, mass.not_positive,
    mass.too_large, reason.*.
    """
    if decision.decision not in (ACCEPTED, REFUSED):
        raise InvalidInput("reception.decision_unknown", field=f"{field}decision")
    accepted = decision.decision == ACCEPTED
    note = texts.clean(decision.note, field=f"{field}note", longest=NOTE_LONGEST)
    if not accepted:
        reasons.require("gate_refusal", decision.reason, note=note, photos=1, field=f"{field}reason")
    weighed_g = decision.weighed_g
    if weighed_g is None:
        if accepted:
            raise InvalidInput("reception.mass_missing", field=f"{field}weighed_g")
        weighed_g = expected_g
    quantities.require_mass_g(weighed_g, field=f"{field}weighed_g")
    difference = quantities.weighing_difference(expected_g, weighed_g, rule)
    return Judged(accepted, weighed_g, "" if accepted else decision.reason, note, difference)


def opinion(*, accepted: int, refused: int) -> Opinion:
    """The acceptor's opinion on a manifest from the numbers of its containers."""
    if accepted and refused:
        return "partly"
    return "accepted" if accepted else "refused"


def require_weighbridge(gross_g: int | None, tare_g: int | None) -> None:
    """The vehicle's two readings, either of which may still be missing.

    Raises InvalidInput: mass.not_positive, mass.too_large, weighbridge.tare_above_gross.
    """
    for field, reading_g in (("gross_g", gross_g), ("tare_g", tare_g)):
        if reading_g is not None:
            quantities.require_mass_g(reading_g, field=field, max_g=VEHICLE_MASS_MAX_G)
    if gross_g is not None and tare_g is not None and tare_g >= gross_g:
        raise InvalidInput("weighbridge.tare_above_gross", field="tare_g", gross_g=gross_g, tare_g=tare_g)
