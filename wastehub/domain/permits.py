"""Does a licence cover this waste on this day, and is there room in its yearly quantity?

Source: Solid Waste Law Art. 80; Licence Measures 危险废物经营许可证管理办法 Art. 13.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from wastehub.domain import waste_codes
from wastehub.domain.errors import Conflict


@dataclass(frozen=True, slots=True)
class PermitView:
    """One licence. `categories` holds "HW08" (all its codes) or single codes; both dates are included."""

    number: str
    kind: str
    valid_from_on: date
    valid_until_on: date
    categories: frozenset[str]
    annual_quota_g: int | None


def names_waste(permit: PermitView, waste_code: str) -> bool:
    """Whether the licence names the code or its whole category, in force or not."""
    return waste_code in permit.categories or waste_codes.category(waste_code) in permit.categories


def in_force(permit: PermitView, on: date) -> bool:
    """Whether the licence is valid that day; first and last day included."""
    return permit.valid_from_on <= on <= permit.valid_until_on


def covering(permits: Iterable[PermitView], *, waste_code: str, on: date) -> PermitView:
    """The licence that covers the waste that day; of several, the one that lasts longest.

    Raises Conflict: permit.missing, permit.category_not_licensed, permit.expired, permit.not_yet_valid.
    """
    held = sorted(permits, key=lambda permit: (permit.valid_until_on, permit.number))
    if not held:
        raise Conflict("permit.missing", waste_code=waste_code, on=on)
    naming = [permit for permit in held if names_waste(permit, waste_code)]
    if not naming:
        raise Conflict(
            "permit.category_not_licensed",
            waste_code=waste_code,
            category=waste_codes.category(waste_code),
            numbers=", ".join(permit.number for permit in held),
        )
    valid = [permit for permit in naming if in_force(permit, on)]
    if valid:
        return valid[-1]
    later = [permit for permit in naming if permit.valid_from_on > on]
    if later:
        first = min(later, key=lambda permit: permit.valid_from_on)
        raise Conflict("permit.not_yet_valid", number=first.number, valid_from_on=first.valid_from_on, on=on)
    last = naming[-1]
    raise Conflict("permit.expired", number=last.number, valid_until_on=last.valid_until_on, on=on)


def require_quota(permit: PermitView, used_g: int, add_g: int) -> None:
    """Raises Conflict("permit.quota_exceeded") when the year's mass would pass the licensed quantity."""
    if permit.annual_quota_g is None or used_g + add_g <= permit.annual_quota_g:
        return
    raise Conflict(
        "permit.quota_exceeded",
        number=permit.number,
        quota_g=permit.annual_quota_g,
        used_g=used_g,
        add_g=add_g,
        left_g=max(0, permit.annual_quota_g - used_g),
    )
