"""The management class 管理类别 of a generator, from its yearly generation.

Source: HJ 1259-2022 4.2. The city authority may decide otherwise (4.2.2): then its decision is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

ManagementClass = Literal["key", "simplified", "registration"]

KEY_FROM_G = 100_000_000
SIMPLIFIED_FROM_G = 10_000_000


def management_class(
    annual_g: int, *, has_own_facility: bool = False, holds_permit: bool = False
) -> ManagementClass:
    """Key from 100 t a year, or with own treatment or a licence; simplified from 10 t; else registration."""
    if annual_g < 0:
        raise ValueError(f"a generation is not negative: {annual_g}")
    if annual_g >= KEY_FROM_G or has_own_facility or holds_permit:
        return "key"
    return "simplified" if annual_g >= SIMPLIFIED_FROM_G else "registration"


def annual_basis_g(generated_g_by_year: Sequence[int], *, approved_g: int = 0) -> int:
    """The yearly mass that decides the class: the largest of the last three years.

    `generated_g_by_year` oldest first; without a full year the approved figure of assessment or discharge
    permit stands in.
    """
    return max(generated_g_by_year[-3:], default=approved_g)
