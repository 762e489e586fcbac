"""Every term of the objective and its unit.

cost_fen of a route = fixed cost + km * cost_per_km_fen + hours * cost_per_h_fen + hours beyond max_shift_s
* overtime_per_h_fen, each weighted in thousandths (overtime as time) and rounded once, half up.
Cost of a solution = its routes + penalties of the stops left out.
"""

from __future__ import annotations

from routing.problem import Stop, Vehicle, Weights

_SCALE = (
    18_000_000  # common denominator of fen (1e3), fen per km in metres (1e6), fen per hour in seconds (3.6e6)
)


def route_cost_fen(vehicle: Vehicle, weights: Weights, distance_m: int, span_s: int) -> int:
    """Fen for one vehicle-day of this length and span."""
    scaled = (
        vehicle.fixed_cost_fen * weights.fixed_permille * 18_000
        + vehicle.cost_per_km_fen * distance_m * weights.distance_permille * 18
        + vehicle.cost_per_h_fen * span_s * weights.time_permille * 5
    )
    if span_s > vehicle.max_shift_s:
        late_s = span_s - vehicle.max_shift_s
        scaled += vehicle.overtime_per_h_fen * late_s * weights.time_permille * 5
    return (scaled + _SCALE // 2) // _SCALE


def penalty_fen(stop: Stop, weights: Weights) -> int:
    """Fen for leaving this stop out."""
    return (stop.penalty_fen * weights.penalty_permille + 500) // 1000


def arc_factors_fen(vehicle: Vehicle, weights: Weights) -> tuple[float, float, float]:
    """(fen per metre, fen per second, fen for using it): floats for ranking moves, never for reports."""
    return (
        vehicle.cost_per_km_fen * weights.distance_permille / 1_000_000,
        vehicle.cost_per_h_fen * weights.time_permille / 3_600_000,
        vehicle.fixed_cost_fen * weights.fixed_permille / 1000,
    )


def overtime_factor_fen(vehicle: Vehicle, weights: Weights) -> float:
    """Fen on top for each second beyond max_shift_s: a float for ranking moves, never for reports."""
    return vehicle.overtime_per_h_fen * weights.time_permille / 3_600_000
