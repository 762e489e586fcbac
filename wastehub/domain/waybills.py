"""The dangerous-goods waybill 危险货物运单: the five checks 装车五必查, and whether one may depart.

Source: Order 29 of 2019 (危险货物道路运输安全管理办法), Art. 24-27. The wording of the five checks and the
fields of the national form were not read in the primary text [N]: an installation may have them printed
otherwise (`transport_classes`, docs/forms.md), the rule below stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from wastehub.domain.errors import Conflict, InvalidInput

PASSED, FAILED, NOT_APPLICABLE = "passed", "failed", "not_applicable"
OUTCOMES = (PASSED, FAILED, NOT_APPLICABLE)
NOTE_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Check:
    """One of the five. `may_not_apply`: whether a load can be such that the question does not arise."""

    key: str
    name_zh: str
    name_en: str
    may_not_apply: bool = False


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        row.key: row
        for row in (
            Check("vehicle", "车辆行驶证、道路运输证有效", "Vehicle licence and operating certificate valid"),
            Check("crew", "驾驶员、押运员从业资格证有效", "Certificates of driver and escort valid"),
            Check("inspection", "车辆（罐体）在检验有效期内", "Inspection of vehicle (and tank) valid"),
            Check("goods", "货物与运单、联单一致", "Goods agree with waybill and manifests"),
            Check("filling", "充装介质在罐体许可范围内", "Filling within the tank's medium list", True),
        )
    }
)


# Nothing found wrong on a vehicle that carries packed goods: there is no tank to be filled.
ALL_PASSED: Mapping[str, str] = MappingProxyType(
    {key: NOT_APPLICABLE if check.may_not_apply else PASSED for key, check in CHECKS.items()}
)


@dataclass(frozen=True, slots=True)
class Records:
    """What our own records say on the day of the trip; the person at the vehicle says the rest."""

    plate: str
    vehicle_until_on: date
    crew_until_on: tuple[date, ...]
    load_g: int
    capacity_g: int

    def contradiction(self, key: str, on: date) -> tuple[str, dict[str, object]] | None:
        """The code and numbers of a record that speaks against "passed"."""
        if key == "vehicle" and self.vehicle_until_on < on:
            return "vehicle.permit_expired", {"plate": self.plate, "until_on": self.vehicle_until_on}
        if key == "crew":
            if len(self.crew_until_on) < 2:
                return "round.crew_incomplete", {}
            if min(self.crew_until_on) < on:
                return "crew.certificate_expired", {"until_on": min(self.crew_until_on)}
        if key == "goods" and self.load_g > self.capacity_g:
            numbers = {"plate": self.plate, "load_g": self.load_g, "capacity_g": self.capacity_g}
            return "vehicle.overloaded", dict(numbers)
        return None


def require_answers(answers: Mapping[str, str], *, note: str, records: Records, on: date) -> None:
    """Whether five answers may be written down: all given, none against our own records.

    A failed check is written down too, with a note of what is wrong; it keeps the vehicle from leaving.
    Raises InvalidInput: waybill.check_missing(name_zh, name_en), waybill.check_unknown(given),
    waybill.check_applies (it cannot be left out), waybill.note_missing; Conflict with the record's own code.
    """
    for key in answers:
        if key not in CHECKS:
            raise InvalidInput("waybill.check_unknown", field="checks", given=key[:40])
    for key, check in CHECKS.items():
        outcome = answers.get(key, "")
        if not outcome:
            raise _missing(check)
        if outcome not in OUTCOMES:
            raise InvalidInput("waybill.check_unknown", field=f"check_{key}", given=outcome[:40])
        if outcome == NOT_APPLICABLE and not check.may_not_apply:
            raise InvalidInput("waybill.check_applies", field=f"check_{key}", **_names(check))
        if outcome == PASSED and (against := records.contradiction(key, on)):
            code, numbers = against
            raise Conflict(code, field=f"check_{key}", **numbers)
    if FAILED in answers.values() and not note.strip():
        raise InvalidInput("waybill.note_missing", field="note")


def require_departure(checked: Mapping[str, str]) -> None:
    """Whether a vehicle may leave with the load: `checked` is the newest outcome of each check.

    Raises Conflict: waybill.not_checked (none at all), waybill.check_missing, waybill.check_failed.
    """
    if not checked:
        raise Conflict("waybill.not_checked", field="checks")
    for key, check in CHECKS.items():
        outcome = checked.get(key, "")
        if not outcome:
            raise Conflict("waybill.check_missing", field=f"check_{key}", **_names(check))
        if outcome == FAILED or (outcome == NOT_APPLICABLE and not check.may_not_apply):
            raise Conflict("waybill.check_failed", field=f"check_{key}", **_names(check))


def may_depart(checked: Mapping[str, str]) -> bool:
    """As `require_departure`, for pages that decide which button to show."""
    try:
        require_departure(checked)
    except Conflict:
        return False
    return True


def _names(check: Check) -> dict[str, str]:
    return {"name_zh": check.name_zh, "name_en": check.name_en}


def _missing(check: Check) -> InvalidInput:
    return InvalidInput("waybill.check_missing", field=f"check_{check.key}", **_names(check))
