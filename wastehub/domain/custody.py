"""Whether a driver's scan moves the container: accepted, duplicate, or refused with the reason.

A scan may come late and out of order from a phone without a network, so this never raises: it judges.
Ids are compared with ==; give all of them in one type (UUID with UUID, str with str).
Source: Transfer Measures Art. 11 and 13 (no manifest, no transport; label against manifest at loading);
Order 29 of 2019 Art. 23 (not above the rated load); Solid Waste Law Art. 81.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from wastehub.domain import reasons
from wastehub.domain.errors import InvalidInput
from wastehub.domain.quantities import CONTAINER_MASS_MAX_G, ToleranceRule, weighing_difference
from wastehub.domain.segregation import Load, Matrix, allows_trip

ScanKind = Literal["load", "refuse", "unload_back"]
Outcome = Literal["accepted", "duplicate", "refused"]

REASONS = (
    "label_unknown",
    "label_void",
    "label_replaced",
    "roll_label_free",
    "roll_label_void",
    "label_not_printed",
    "other_enterprise",
    "not_on_this_round",
    "round_not_open",
    "already_collected",
    "not_on_board",
    "vehicle_not_licensed",
    "incompatible_on_board",
    "unclassified_alone",
    "vehicle_full",
    "mass_missing",
    "mass_absurd",
    "refuse_reason_missing",
    "refuse_reason_unknown",
    "note_missing",
    "photo_missing",
)

# Ten times more or less than declared is a slipped decimal point or the wrong container, not a difference.
ABSURD_FACTOR = 10


@dataclass(frozen=True, slots=True)
class ScanFacts:
    """What the phone reports. `refuse_reason` is a code of reasons.PICKUP_REFUSAL; `photos`: how many the
    phone names, whether they have arrived or not."""

    kind: ScanKind
    label_code: str
    measured_g: int | None
    scanned_at: datetime
    round_id: Hashable
    refuse_reason: str | None = None
    note: str = ""
    photos: int = 0


@dataclass(frozen=True, slots=True)
class ContainerFacts:
    """The container behind the label, as the database knows it. `group` None: not classified yet."""

    state: str
    enterprise_id: Hashable
    label_code: str
    declared_g: int
    request_id: Hashable | None
    loaded_round_id: Hashable | None
    group: str | None
    category: str
    hazards: frozenset[str]
    waste_code: str = ""


@dataclass(frozen=True, slots=True)
class StopFacts:
    """The stop of the scan's round. `round_open`: the round was under way, and had not left the stop, at
    `scanned_at`: what a phone reports late is judged by its own time."""

    enterprise_id: Hashable
    request_id: Hashable | None
    round_open: bool


@dataclass(frozen=True, slots=True)
class VehicleFacts:
    """The vehicle now. `groups_on_board` has one Load per container on this trip (unit = enterprise_id)."""

    licensed_categories: frozenset[str]
    groups_on_board: tuple[Load, ...]
    mass_on_board_g: int
    capacity_g: int
    partitioned: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning that does not stop custody; `code` has its sentence like an error code."""

    code: str
    params: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is one of REASONS when refused; `code` is its key among the explanations."""

    outcome: Outcome
    reason: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[Notice, ...] = ()

    @property
    def code(self) -> str | None:
        """The explanation's key: "scan.label_unknown"; "scan.duplicate"; None when accepted."""
        if self.outcome == "duplicate":
            return "scan.duplicate"
        return f"scan.{self.reason}" if self.reason else None


def judge(
    scan: ScanFacts,
    container: ContainerFacts | None,
    stop: StopFacts | None,
    vehicle: VehicleFacts,
    *,
    matrix: Matrix,
    tolerance: ToleranceRule,
) -> Verdict:
    """What the scan does. `stop` None: the scan's round has no stop for this container's enterprise.

    The first thing wrong is the reason; a scan that repeats what is so already is a duplicate.
    """
    if container is None:
        return _refused("label_unknown", label_code=scan.label_code[:60])
    if container.state == "void":
        return _refused("label_void", label_code=container.label_code)
    judged = {"load": _repeated_load, "refuse": _collected_before_refusal, "unload_back": _not_on_board}
    early = judged[scan.kind](scan, container) or _wrong_place(container, stop)
    if early is not None:
        return early
    if scan.kind == "refuse":
        return _judge_refusal(scan)
    if scan.kind == "unload_back":
        return Verdict("accepted")
    return _judge_load(scan, container, vehicle, matrix, tolerance)


def _repeated_load(scan: ScanFacts, container: ContainerFacts) -> Verdict | None:
    if container.state == "labelled":
        return None
    if container.state == "registered":
        return _refused("label_not_printed", label_code=container.label_code)
    if container.state == "loaded" and container.loaded_round_id == scan.round_id:
        return Verdict("duplicate", params={"label_code": container.label_code})
    return _refused("already_collected", label_code=container.label_code, state=container.state)


def _collected_before_refusal(scan: ScanFacts, container: ContainerFacts) -> Verdict | None:
    if container.state in {"registered", "labelled"}:
        return None
    return _refused("already_collected", label_code=container.label_code, state=container.state)


def _not_on_board(scan: ScanFacts, container: ContainerFacts) -> Verdict | None:
    if container.state == "loaded" and container.loaded_round_id == scan.round_id:
        return None
    return _refused("not_on_board", label_code=container.label_code, state=container.state)


def _wrong_place(container: ContainerFacts, stop: StopFacts | None) -> Verdict | None:
    if stop is None:
        return _refused("not_on_this_round", label_code=container.label_code)
    if not stop.round_open:
        return _refused("round_not_open")
    if container.enterprise_id != stop.enterprise_id:
        return _refused("other_enterprise", label_code=container.label_code)
    if container.request_id is None or container.request_id != stop.request_id:
        return _refused("not_on_this_round", label_code=container.label_code)
    return None


def _judge_refusal(scan: ScanFacts) -> Verdict:
    try:
        # A photo may arrive after the scan; that there is one is said at once, by its hash.
        reasons.require("pickup_refusal", scan.refuse_reason, note=scan.note, photos=scan.photos)
    except InvalidInput as wrong:
        short = {
            "reason.missing": "refuse_reason_missing",
            "reason.unknown": "refuse_reason_unknown",
            "reason.note_missing": "note_missing",
            "reason.photo_missing": "photo_missing",
        }
        return _refused(short[wrong.code], **wrong.params)
    return Verdict("accepted")


def _judge_load(
    scan: ScanFacts,
    container: ContainerFacts,
    vehicle: VehicleFacts,
    matrix: Matrix,
    tolerance: ToleranceRule,
) -> Verdict:
    if container.category not in vehicle.licensed_categories:
        return _refused("vehicle_not_licensed", category=container.category)
    clash = _clash(container, vehicle, matrix)
    if clash is not None:
        return clash
    measured_g, declared_g = scan.measured_g, container.declared_g
    if measured_g is None:
        return _refused("mass_missing")
    if (
        not 0 < measured_g <= CONTAINER_MASS_MAX_G
        or measured_g >= declared_g * ABSURD_FACTOR
        or measured_g * ABSURD_FACTOR <= declared_g
    ):
        return _refused("mass_absurd", measured_g=measured_g, declared_g=declared_g)
    left_g = vehicle.capacity_g - vehicle.mass_on_board_g
    if measured_g > left_g:
        return _refused(
            "vehicle_full", measured_g=measured_g, left_g=max(0, left_g), capacity_g=vehicle.capacity_g
        )
    return Verdict("accepted", warnings=_mass_warning(declared_g, measured_g, tolerance))


def _clash(container: ContainerFacts, vehicle: VehicleFacts, matrix: Matrix) -> Verdict | None:
    own = Load(container.group, container.enterprise_id, container.waste_code, container.hazards)
    for other in vehicle.groups_on_board:
        relation = matrix.between(own, other)
        if allows_trip(relation, partitioned=vehicle.partitioned):
            continue
        if own.group is None or other.group is None:
            return _refused("unclassified_alone")
        return _refused(
            "incompatible_on_board", group=own.group, group_on_board=other.group, relation=relation.value
        )
    return None


def _mass_warning(declared_g: int, measured_g: int, tolerance: ToleranceRule) -> tuple[Notice, ...]:
    found = weighing_difference(declared_g, measured_g, tolerance)
    if found.within:
        return ()
    numbers = {
        "declared_g": declared_g,
        "measured_g": measured_g,
        "difference_g": found.difference_g,
        "allowed_g": found.allowed_g,
    }
    return (Notice("scan.mass_outside_tolerance", numbers),)


def _refused(reason: str, **params: object) -> Verdict:
    assert reason in REASONS, reason
    return Verdict("refused", reason, params)
