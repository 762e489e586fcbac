"""What has been planned: routes with their trips and visits, stops left out and why, how it was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from routing.problem import ProblemError, whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Arrive, rest, wait for the window, serve, rest, depart.

    start_s >= arrive_s + rest_before_s; depart_s == start_s + service_s of the stop + rest_after_s.
    """

    stop_id: str
    arrive_s: int
    start_s: int
    depart_s: int
    rest_before_s: int = 0
    rest_after_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """From the depot and back, unloading included. `rest_before_s` is taken at the depot before leaving.

    The first trip of a vehicle under way leaves from where the vehicle is, and may visit nothing.
    """

    visits: tuple[Visit, ...]
    leave_s: int
    return_s: int
    unload_end_s: int
    rest_before_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The day of one vehicle: start_s is the first departure, end_s the end of the last unloading.

    Of a vehicle under way start_s, distance_m and cost_fen count the whole day, what has happened included;
    trips, drive_s and rest_s only what is still to come.
    """

    vehicle_id: str
    start_s: int
    end_s: int
    trips: tuple[Trip, ...]
    distance_m: int
    drive_s: int
    rest_s: int
    cost_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unassigned:
    """A stop left out: the rule that stood nearest to being satisfied, with its numbers."""

    stop_id: str
    reason: str
    numbers: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """How the solution was found. `seconds` is wall time."""

    engine: str
    engine_version: str
    seed: int
    iterations: int
    seconds: float
    subsolves: int = 0
    subsolve_wins: int = 0
    workers: int = 1
    cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """A plan. cost_fen counts the routes and the penalties of the stops left out."""

    routes: tuple[Route, ...]
    unassigned: tuple[Unassigned, ...]
    cost_fen: int
    stats: Stats

    @property
    def assigned(self) -> int:
        return sum(len(trip.visits) for route in self.routes for trip in route.trips)

    @property
    def trips(self) -> int:
        return sum(len(route.trips) for route in self.routes)

    @property
    def distance_m(self) -> int:
        return sum(route.distance_m for route in self.routes)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRule:
    """When to stop: wall seconds, CPU seconds of the process, iterations, or whichever comes first.

    A run stopped by iterations alone gives the same solution for the same seed and workers.
    """

    seconds: float | None = None
    iterations: int | None = None
    cpu_seconds: float | None = None

    def __post_init__(self) -> None:
        if self.seconds is None and self.iterations is None and self.cpu_seconds is None:
            raise ProblemError("stop", "needs seconds, cpu_seconds or iterations")
        for name, seconds in (("seconds", self.seconds), ("cpu_seconds", self.cpu_seconds)):
            if seconds is not None and not 0 < seconds < float("inf"):
                raise ProblemError(f"stop.{name}", f"must be above zero, not {seconds}")
        if self.iterations is not None:
            whole("stop.iterations", self.iterations, 0, 10**9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where the search stands. `lower_bound_fen`: no plan is cheaper, where that is known."""

    best_cost_fen: int
    assigned: int
    unassigned: int
    iterations: int
    seconds: float
    lower_bound_fen: int | None = None
