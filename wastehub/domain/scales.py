"""Scales 计量器具: their classes, and how far a weighing on one may differ from the record.

No legal figure was found for the difference between two weighings of a drum: every number is configuration
in legal_limits, with effective dates and certainty N, by class of scale and basis of the record. A class
without numbers of its own uses the general ones.
"""

from __future__ import annotations

from collections.abc import Mapping

from .errors import InvalidInput
from .quantities import ToleranceRule

# bench: a platform scale in a hall. portable: the hand scale that a crew carries. bridge: a weighbridge.
CLASSES = ("bench", "portable", "bridge")
BASES = ("weighed", "estimated")


def tolerance(limits: Mapping[str, int], *, scale_class: str, basis: str = "weighed") -> ToleranceRule:
    """The allowed difference of a weighing on this class of scale from a record of this basis."""
    if basis not in BASES:
        raise ValueError(f"no such basis: {basis}")
    floor_g = limits.get(f"tolerance_{scale_class}_floor_g", limits["tolerance_floor_g"])
    general_ppm = limits[f"tolerance_{basis}_ppm"]
    return ToleranceRule(floor_g, limits.get(f"tolerance_{scale_class}_{basis}_ppm", general_ppm))


def tolerance_facts(limits: Mapping[str, int], *, scale_class: str) -> dict[str, int]:
    """The same numbers as the ledger wants them said in the event of a weighing."""
    weighed = tolerance(limits, scale_class=scale_class)
    return {
        "tolerance_floor_g": weighed.floor_g,
        "tolerance_ppm": weighed.ppm,
        "tolerance_estimated_ppm": tolerance(limits, scale_class=scale_class, basis="estimated").ppm,
    }


def require_class(scale_class: str) -> str:
    """Raises InvalidInput("scale.class_unknown")."""
    if scale_class not in CLASSES:
        raise InvalidInput("scale.class_unknown", field="scale_class", given=scale_class[:20])
    return scale_class
