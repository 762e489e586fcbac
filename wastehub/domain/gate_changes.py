"""What driver and firm may change together at the gate 现场变更 (F67): declared mass, packaging.

Never the waste code, the hazards or the form: another waste is another container, registered by the firm
(Solid Waste Law Art. 78), and a driver who finds it refuses the drum.
"""

from __future__ import annotations

from dataclasses import dataclass

from wastehub.domain.custody import ABSURD_FACTOR
from wastehub.domain.errors import Conflict, InvalidInput
from wastehub.domain.quantities import require_mass_g

WHAT = ("amount", "packaging")
# Who may agree for the firm, as the person says at the gate.
FIRM_ROLES = ("contact", "warehouse", "manager", "guard", "other")


@dataclass(frozen=True, slots=True)
class Packaging:
    """A container type as the rule needs it."""

    code: str
    payload_max_g: int
    takes_liquid: bool


@dataclass(frozen=True, slots=True)
class Fill:
    """What stands at the gate. `state` of batch_lifecycle; `form` of the waste."""

    label_code: str
    state: str
    declared_g: int
    form: str
    packaging: Packaging
    on_this_stop: bool
    moved: bool = False


def require_what(what: str) -> str:
    """Raises InvalidInput("change.what_unknown"): waste code and hazards are no matter for the gate."""
    if what not in WHAT:
        raise InvalidInput("change.what_unknown", field="what", given=what[:40])
    return what


def require_role(role: str) -> str:
    """Raises InvalidInput("change.role_unknown")."""
    if role not in FIRM_ROLES:
        raise InvalidInput("change.role_unknown", field="firm_role", given=role[:40])
    return role


def require_changeable(fill: Fill) -> None:
    """Raises Conflict: change.not_here, change.loaded, change.not_labelled, change.moved_before."""
    if fill.state == "loaded":
        raise Conflict("change.loaded", label_code=fill.label_code)
    if not fill.on_this_stop:
        raise Conflict("change.not_here", label_code=fill.label_code)
    if fill.state != "labelled":
        raise Conflict("change.not_labelled", label_code=fill.label_code)
    if fill.moved:
        raise Conflict("change.moved_before", label_code=fill.label_code)


def require_amount(fill: Fill, mass_g: int) -> int:
    """The new declared mass, if it can be one.

    Raises InvalidInput: mass.not_positive, mass.too_large, change.amount_same, change.amount_absurd,
    change.packaging_too_small.
    """
    require_mass_g(mass_g)
    if mass_g == fill.declared_g:
        raise InvalidInput("change.amount_same", field="mass_g", mass_g=mass_g)
    if mass_g >= fill.declared_g * ABSURD_FACTOR or mass_g * ABSURD_FACTOR <= fill.declared_g:
        raise InvalidInput("change.amount_absurd", field="mass_g", mass_g=mass_g, declared_g=fill.declared_g)
    _require_room(fill.packaging, mass_g, "mass_g")
    return mass_g


def require_packaging(fill: Fill, after: Packaging | None) -> Packaging:
    """The new packaging, if this waste may be in it. `after` None: no such type.

    Raises InvalidInput: change.packaging_unknown, change.packaging_same, change.packaging_not_liquid,
    change.packaging_too_small.
    """
    if after is None:
        raise InvalidInput("change.packaging_unknown", field="container_type")
    if after.code == fill.packaging.code:
        raise InvalidInput("change.packaging_same", field="container_type")
    if fill.form == "liquid" and not after.takes_liquid:
        raise InvalidInput("change.packaging_not_liquid", field="container_type")
    _require_room(after, fill.declared_g, "container_type")
    return after


def _require_room(packaging: Packaging, mass_g: int, field: str) -> None:
    if mass_g > packaging.payload_max_g:
        raise InvalidInput(
            "change.packaging_too_small", field=field, mass_g=mass_g, payload_max_g=packaging.payload_max_g
        )
