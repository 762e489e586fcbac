"""A problem of three stops, to try an engine on."""

from __future__ import annotations

import numpy as np

from routing.problem import Depot, Problem, Stop, Travel, Vehicle

HOUR = 3600


def toy_problem() -> Problem:
    """Three stops on a straight road, two vehicles, nothing binding."""
    gap = np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    everything = frozenset({"any"})
    return Problem(
        depots=(Depot(id="depot", location=0, accepts=everything),),
        vehicles=tuple(
            Vehicle(
                id=f"vehicle {number}",
                depot="depot",
                capacity={"mass_g": 10},
                licences=everything,
                shift_start_s=8 * HOUR,
                shift_end_s=17 * HOUR,
                cost_per_km_fen=100,
            )
            for number in range(2)
        ),
        stops=tuple(
            Stop(id=f"stop {place}", location=place, load={"any": {"mass_g": 4}}, service_s=600)
            for place in range(1, 4)
        ),
        travel=Travel(gap * 1000, gap * 60),
    )
