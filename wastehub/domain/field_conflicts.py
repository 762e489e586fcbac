"""When a phone's record and the platform's contradict each other, and what a person may decide about it.

A rule that says no to a phone is usually right: the driver sees it and does something else. But a phone
without a network cannot know what happened meanwhile. Where the reason lies there (another phone, a changed
plan, a correction), the act is kept as a conflict and a person decides (F58); where the other record says the
very same, nothing is to decide. Never by comparing the clocks of two phones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from wastehub.domain.errors import Conflict, InvalidInput

ALREADY_SO = "already_so"

# What a person may choose. `carry_out`: do what the phone recorded, now, by the usual rules; `keep`: nothing
# changes, the signed text stays as evidence; `raise_problem`: put it on the list of problems.
CHOICES = ("carry_out", "keep", "raise_problem")

KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "not_yet": ("carry_out", "keep", "raise_problem"),
        "order_unknown": ("carry_out", "keep", "raise_problem"),
        "container_taken": ("keep", "raise_problem"),
        "mass_differs": ("carry_out", "keep", "raise_problem"),
        "stop_changed": ("carry_out", "keep", "raise_problem"),
        "stop_closed": ("carry_out", "keep", "raise_problem"),
        "after_correction": ("carry_out", "keep", "raise_problem"),
        "too_old": ("carry_out", "keep", "raise_problem"),
        "chain_broken": ("carry_out", "keep", "raise_problem"),
        "records_lost": ("keep", "raise_problem"),
        "device_revoked": ("carry_out", "keep", "raise_problem"),
        "device_expired": ("carry_out", "keep", "raise_problem"),
        "server_failed": ("carry_out", "keep", "raise_problem"),
    }
)

# What is wrong with the words of the act itself is the driver's to put right, whatever happened meanwhile.
OWN_FAULTS = frozenset(
    {
        "scan.mass_missing",
        "scan.refuse_reason_missing",
        "scan.refuse_reason_unknown",
        "scan.note_missing",
        "scan.note_unreadable",
        "scan.photo_missing",
        "scan.label_unknown",
        "scan.label_forged",
    }
)
_NOT_TAKEN = frozenset({"", "registered", "labelled", "void"})
_LEFT = ("under_way", "arrived", "received")
_SERVED = ("done", "partly_done", "missed")


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand where a phone's act was refused; empty texts where there is no such thing.

    `crew`: the person is on the round now. `stop_here`: the stop named belongs to the round named.
    `by_this_phone`: this device brought about what stands in the way. `changed_after`: the container's mass
    or label was corrected after the act. `was_loaded`: the round had the container on board once.
    `same_outcome`: the stop was closed with the very outcome that the phone reports. `more_to_come`: another
    phone of the crew may still bring what this act rests on, or a decision may. `phone_knew`: the event
    names a checkpoint that covers what stands against it: for taking off the loading of the container, for
    loading that it was taken off again.
    """

    round_state: str = ""
    crew: bool = False
    trip_state: str = ""
    stop_state: str = ""
    stop_here: bool = False
    container_state: str = ""
    mass_g: int | None = None
    by_this_phone: bool = False
    changed_after: bool = False
    was_loaded: bool = False
    same_outcome: bool = False
    more_to_come: bool = False
    phone_knew: bool = False


def of_scan(kind: str, outcome: str, code: str, *, measured_g: int | None, standing: Standing) -> str:
    """What a scan that changed nothing is: a kind of KINDS, ALREADY_SO, or "" for a refusal like any other.

    `outcome`, `code`: of domain/custody.
    """
    if outcome == "duplicate":
        differs = kind == "load" and measured_g is not None and measured_g != standing.mass_g
        return "mass_differs" if differs and not standing.by_this_phone else ALREADY_SO
    if code in OWN_FAULTS:
        return ""
    if standing.changed_after:
        return "after_correction"
    if code == "scan.already_collected":
        return "" if standing.container_state in _NOT_TAKEN else "container_taken"
    if code == "scan.not_on_board":
        return _not_on_board(standing)
    if code in ("scan.round_not_open", "scan.not_on_this_round"):
        return _moved(standing)
    return ""


def order_unknown(kind: str, standing: Standing) -> bool:
    """Whether nobody but a person can tell what came first, a loading or a taking off, of two phones.

    A phone takes off what it loaded itself, or what it had been shown as loaded (the checkpoint that the
    event names covers that entry). Else another loading may be meant. And what the other phone loaded and
    took off again is loaded anew only by a phone that had been shown so: else its loading was before that.
    Clocks do not decide either.
    """
    if standing.by_this_phone or not standing.more_to_come:
        return False
    if kind == "load":
        taken_off = standing.was_loaded and standing.container_state == "labelled"
        return taken_off and not standing.phone_knew
    return kind == "unload_back" and not (standing.was_loaded and standing.phone_knew)


def _not_on_board(standing: Standing) -> str:
    """Taken off by the other phone already: so it is. Received meanwhile: somebody has to look."""
    if standing.was_loaded:
        return ALREADY_SO if standing.container_state == "labelled" else "container_taken"
    return _early(standing)


def _early(standing: Standing) -> str:
    """What this act rests on may be on its way."""
    return "not_yet" if standing.more_to_come else ""


def _moved(standing: Standing) -> str:
    """The round or stop is no longer what the phone was told."""
    if not standing.round_state:
        return ""
    if standing.round_state == "cancelled" or standing.stop_state == "cancelled" or not standing.crew:
        return "stop_changed"
    if standing.stop_state and not standing.stop_here:
        return "stop_changed"
    if standing.stop_state in _SERVED or standing.trip_state in ("arrived", "received"):
        return "stop_closed"
    return "stop_closed" if standing.round_state == "finished" else _early(standing)


def of_act(kind: str, code: str, standing: Standing) -> str:
    """What an act is that a rule refused: a kind of KINDS, ALREADY_SO, or "" for a refusal like any other."""
    if code == "round.report_too_old":
        return "too_old"
    if code == "object.not_found":
        return "stop_changed" if standing.round_state and not standing.crew else ""
    if code in ("roll.label_bound", "roll.container_has_label"):
        return "container_taken"
    judge = _ACTS.get(kind)
    return judge(code, standing) if judge else ""


def _of_start(code: str, standing: Standing) -> str:
    if code not in ("round.not_startable", "waybill.too_late"):
        return ""
    if standing.round_state in ("under_way", "finished"):
        return ALREADY_SO
    return "stop_changed" if standing.round_state == "cancelled" else ""


def _of_trip_start(code: str, standing: Standing) -> str:
    if code not in ("trip.not_startable", "waybill.too_late"):
        return ""
    if standing.trip_state in _LEFT:
        return ALREADY_SO
    changed = "cancelled" in (standing.trip_state, standing.round_state)
    return "stop_changed" if changed else _early(standing)


def _of_close(code: str, standing: Standing) -> str:
    if code == "stop.already_closed":
        if standing.stop_state == "cancelled":
            return "stop_changed"
        return ALREADY_SO if standing.same_outcome else "stop_closed"
    if code in ("round.not_under_way", "trip.not_under_way"):
        return _moved(standing)
    return ""


def _of_arrival(code: str, standing: Standing) -> str:
    if code == "trip.stops_open":
        return _early(standing)
    if code != "trip.not_under_way":
        return ""
    if standing.trip_state in ("arrived", "received"):
        return ALREADY_SO
    changed = "cancelled" in (standing.trip_state, standing.round_state)
    return "stop_changed" if changed else _early(standing)


def _of_finish(code: str, standing: Standing) -> str:
    if code == "round.trips_open":
        return _early(standing)
    if code != "round.not_under_way":
        return ""
    if standing.round_state == "finished":
        return ALREADY_SO
    return "stop_changed" if standing.round_state == "cancelled" else _early(standing)


_ACTS = MappingProxyType(
    {
        "round_start": _of_start,
        "trip_start": _of_trip_start,
        "stop_close": _of_close,
        "trip_arrive": _of_arrival,
        "round_finish": _of_finish,
    }
)


def require_choice(kind: str, state: str, choice: str) -> str:
    """Raises Conflict("conflict.decided"), InvalidInput("conflict.choice_unknown")."""
    if state != "open":
        raise Conflict("conflict.decided", state=state)
    if choice not in KINDS[kind]:
        raise InvalidInput("conflict.choice_unknown", field="choice", given=choice[:20])
    return choice


def state_after(choice: str) -> str:
    """`keep` leaves everything as it is; the others did something."""
    return "dismissed" if choice == "keep" else "resolved"
