"""Merging, splitting, repacking 合并、分装、换装: which containers may be poured into which.

Source: Solid Waste Law Art. 81 (incompatible wastes are never mixed); GB 18597-2023, 4.3 and 6.1.2. Only
one waste
code of one form goes together; the relation of the groups says whether two units' wastes may touch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from .errors import Conflict, InvalidInput
from .quantities import require_mass_g
from .segregation import Load, Matrix, Relation

# One ledger entry holds 16 KiB.
CONTAINERS_MAX = 60
KINDS = ("merge", "split", "repack", "recode")


@dataclass(frozen=True, slots=True)
class Poured:
    """A container that is to be emptied. `form`: liquid, solid ...; `load`: what the segregation rules
    know."""

    label_code: str
    waste_code: str
    form: str
    load: Load
    mass_g: int


@dataclass(frozen=True, slots=True)
class Filled:
    """A container that is to be filled, as its type allows."""

    container_type: str
    name_zh: str
    takes_liquid: bool
    payload_max_g: int
    mass_g: int


def kind_of(inputs: int, outputs: int, *, recoded: bool = False) -> str:
    """What the act is called: several into one, one into several, or anything else."""
    if recoded:
        return "recode"
    if outputs == 1 and inputs > 1:
        return "merge"
    return "split" if inputs == 1 and outputs > 1 else "repack"


def require_mixable(inputs: Sequence[Poured], matrix: Matrix) -> None:
    """Whether these containers may be poured together.

    Raises InvalidInput (repacking.no_inputs, repacking.too_many), Conflict (repacking.mixed_codes,
    repacking.mixed_forms, repacking.unclassified, repacking.incompatible).
    """
    if not inputs:
        raise InvalidInput("repacking.no_inputs", field="container_ids")
    if len(inputs) > CONTAINERS_MAX - 1:
        raise InvalidInput(
            "repacking.too_many", field="container_ids", given=len(inputs), most=CONTAINERS_MAX - 1
        )
    first = inputs[0]
    for other in inputs[1:]:
        if other.waste_code != first.waste_code:
            raise Conflict(
                "repacking.mixed_codes", field="container_ids", waste_code=first.waste_code,
                other_code=other.waste_code,
            )  # fmt: skip
        if other.form != first.form:
            raise Conflict("repacking.mixed_forms", field="container_ids", label_code=other.label_code)
    for one, other in combinations({each.load: each for each in inputs}.values(), 2):
        if one.load.group is None or other.load.group is None:
            raise Conflict("repacking.unclassified", field="container_ids", waste_code=first.waste_code)
        if matrix.between(one.load, other.load) is not Relation.C:
            raise Conflict(
                "repacking.incompatible", field="container_ids", group=one.load.group,
                other_group=other.load.group, label_code=other.label_code,
            )  # fmt: skip


def require_outputs(inputs: Sequence[Poured], outputs: Sequence[Filled], container_mass_max_g: int) -> int:
    """The grams that are left over when the outputs are filled.

    Raises InvalidInput (repacking.no_outputs, repacking.too_many, repacking.more_than_inputs,
    container.not_for_liquid, container.overfilled, mass.*).
    """
    if not outputs:
        raise InvalidInput("repacking.no_outputs", field="outputs")
    if len(inputs) + len(outputs) > CONTAINERS_MAX:
        raise InvalidInput(
            "repacking.too_many", field="outputs", given=len(inputs) + len(outputs), most=CONTAINERS_MAX
        )
    for at, output in enumerate(outputs):
        _require_output(inputs[0].form, output, f"outputs.{at}", container_mass_max_g)
    there_g = sum(each.mass_g for each in inputs)
    filled_g = sum(each.mass_g for each in outputs)
    if filled_g > there_g:
        raise InvalidInput(
            "repacking.more_than_inputs",
            field=f"outputs.{len(outputs) - 1}.mass_g",
            there_g=there_g,
            filled_g=filled_g,
        )
    return there_g - filled_g


def _require_output(form: str, output: Filled, field: str, container_mass_max_g: int) -> None:
    if form == "liquid" and not output.takes_liquid:
        raise InvalidInput(
            "container.not_for_liquid", field=f"{field}.container_type", container_type=output.name_zh
        )
    require_mass_g(output.mass_g, field=f"{field}.mass_g", max_g=container_mass_max_g)
    if output.mass_g > output.payload_max_g:
        raise InvalidInput(
            "container.overfilled",
            field=f"{field}.mass_g",
            mass_g=output.mass_g,
            payload_max_g=output.payload_max_g,
            container_type=output.name_zh,
        )
