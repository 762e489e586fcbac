"""One table of scans for both judges: domain/custody.py here, frontend/src/gate_rules.js on the phone."""

from __future__ import annotations

import copy
import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wastehub.domain import custody, reasons
from wastehub.domain.custody import ContainerFacts, ScanFacts, StopFacts, VehicleFacts
from wastehub.domain.quantities import ToleranceRule
from wastehub.domain.segregation import Load, Matrix, Relation

TABLE = json.loads(Path(__file__).with_name("gate_cases.json").read_text(encoding="utf-8"))
REASONS = [
    {
        "code": each.code,
        "needs_note": each.needs_note,
        "needs_photo": each.needs_photo,
        "name_zh": each.name_zh,
        "name_en": each.name_en,
    }
    for each in reasons.PICKUP_REFUSAL.values()
]


def question(change: dict[str, Any]) -> dict[str, Any]:
    """The base of the table with some facts changed, as the phone's judge takes it."""
    asked = copy.deepcopy(TABLE["base"]) | {"reasons": REASONS}
    for path, value in change.items():
        part, _, name = path.partition(".")
        if name:
            asked[part][name] = value
        else:
            asked[part] = value
    return asked


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """What domain/custody says, in the phone's words."""
    scan, container, stop, vehicle = (asked[name] for name in ("scan", "container", "stop", "vehicle"))
    pairs = {tuple(pair.split("/")): Relation(letter) for pair, letter in asked["matrix"].items()}
    verdict = custody.judge(
        ScanFacts(**scan, scanned_at=datetime(2026, 3, 2, 1, tzinfo=UTC)),
        ContainerFacts(**container | {"hazards": frozenset(container["hazards"])}) if container else None,
        StopFacts(**stop) if stop else None,
        VehicleFacts(
            **vehicle
            | {
                "licensed_categories": frozenset(vehicle["licensed_categories"]),
                "groups_on_board": tuple(
                    Load(**each | {"hazards": frozenset(each["hazards"])})
                    for each in vehicle["groups_on_board"]
                ),
            }
        ),
        matrix=Matrix(pairs),  # type: ignore[arg-type]
        tolerance=ToleranceRule(**asked["tolerance"]),
    )
    return {
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "params": dict(verdict.params),
        "warnings": [{"code": each.code, "params": dict(each.params)} for each in verdict.warnings],
    }


def drawn(count: int, seed: int = 6) -> list[dict[str, Any]]:
    """Scans by chance, each fact from few values that matter, so that they meet in many ways."""
    rng = random.Random(seed)
    groups = ["A1", "B", "OIL", "LAB", None]
    letters = [["T"], ["T", "I"], ["R"], ["C"], ["R", "C"], []]

    def load() -> dict[str, Any]:
        return {
            "group": rng.choice(groups),
            "unit": rng.choice(["firm", "another"]),
            "waste_code": rng.choice(["900-214-08", "900-300-34", ""]),
            "hazards": rng.choice(letters),
        }

    return [
        question(
            {
                "scan.kind": rng.choice(["load", "load", "load", "refuse", "unload_back"]),
                "scan.measured_g": rng.choice([None, 0, 1, 17_001, 169_149, 169_150, 170_851, 30_000_001]),
                "scan.refuse_reason": rng.choice([None, "mood", *reasons.PICKUP_REFUSAL]),
                "scan.note": rng.choice(["", " ", "渗漏"]),
                "scan.photos": rng.choice([0, 1]),
                "container.state": rng.choice(["labelled"] * 4 + ["registered", "loaded", "stored", "void"]),
                "container.loaded_round_id": rng.choice([None, "round", "other"]),
                "container.enterprise_id": rng.choice(["firm"] * 4 + ["another"]),
                "container.request_id": rng.choice(["request"] * 4 + [None, "later"]),
                "container.group": rng.choice(groups),
                "container.hazards": rng.choice(letters),
                "container.declared_g": rng.choice([1, 20_000, 170_000, 3_333_333]),
                "container.category": rng.choice(["HW08"] * 4 + ["HW12"]),
                "stop.round_open": rng.random() < 0.9,
                "vehicle.groups_on_board": [load() for _ in range(rng.choice([0, 0, 1, 2]))],
                "vehicle.mass_on_board_g": rng.choice([0, 1_330_000, 1_330_001, 1_500_000]),
                "vehicle.partitioned": rng.random() < 0.5,
                "tolerance": {"floor_g": rng.choice([0, 500]), "ppm": rng.choice([0, 1, 5_000, 49_999])},
            }
        )
        for _ in range(count)
    ]
