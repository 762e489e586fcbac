"""Which pages and papers a crew's phone fetches before it leaves: every one is a line here.

A line: the endpoint, what stands in its address, and what the driver calls it. `round` and `trip` and `stop`
lines are asked for each of them. An endpoint that this installation lacks is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..services import offline_day

ONCE = (
    ("driver.home", _l("今日任务")),
    ("driver.outbox", _l("待上传记录")),
    ("duty.emergency", _l("应急卡")),
    ("manifests.index", _l("转移联单")),
)
# Filled by the phone itself.
EMPTY = ("driver.outbox",)
BY_ROUND = (
    ("driver.round_detail", _l("全部站点")),
    ("driver.checks", _l("装车五必查")),
    ("roadside_codes.show", _l("路检出示")),
    ("duty.rest", _l("停车休息")),
    ("duty.relay", _l("途中换车")),
    ("duty.unload", _l("卸货情况")),
    ("duty.day_end", _l("当日结清")),
)
BY_TRIP = (
    ("papers.waybill", _l("危险货物运单")),
    ("papers.safety_card", _l("安全卡")),
)


Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """`version` changes when what the page shows does; the phone fetches it again then."""

    url: str
    version: str
    title: str


def pages_of(
    rounds: list[Facts], gates: dict[str, Facts], manifests: dict[str, str], *, stamp: str
) -> Iterator[Page]:
    """The pages of a day, by the facts of its rounds, of their gates, and its manifests (id -> number).

    `stamp`: what changes every page at once: the app's files, the language.
    """
    gates = {key: _timeless(gate) for key, gate in gates.items()}
    everything = offline_day.digest([stamp, rounds, gates, manifests])
    for endpoint, title in _known(ONCE):
        yield Page(url_for(endpoint), stamp if endpoint in EMPTY else everything, str(title))
    for row in rounds:
        yield from _of_round(row, gates[row["id"]], stamp)
    for key, number in manifests.items():
        url = url_for("manifests.manifest", manifest_id=key)
        yield Page(url, everything, _("转移联单 %(no)s", no=number))


def _of_round(row: Facts, gate: Facts, stamp: str) -> Iterator[Page]:
    version = offline_day.digest([stamp, row, gate])
    for endpoint, title in _known(BY_ROUND):
        yield Page(url_for(endpoint, round_id=row["id"]), version, f"{title} {row['round_no']}")
    for trip in row["trips"]:
        yield from _of_trip(trip, gate, version)
        for stop in trip["stops"]:
            about = [row["state"], trip["state"], stop, row["scans"].get(stop["id"])]
            about += [gate["stops"][stop["id"]], _standing(gate, trip, stop)]
            here = offline_day.digest([stamp, *about])
            yield Page(url_for("driver.stop", stop_id=stop["id"]), here, stop["firm"])


def _timeless(gate: Facts) -> Facts:
    return {name: said for name, said in gate.items() if name != "made_at"}


def _of_trip(trip: Facts, gate: Facts, version: str) -> Iterator[Page]:
    """Its papers; without goods there are none."""
    if any(_standing(gate, trip, stop) for stop in trip["stops"]):
        for endpoint, title in _known(BY_TRIP):
            yield Page(url_for(endpoint, trip_id=trip["id"]), version, f"{title} {trip['seq']}")


def _standing(gate: Facts, trip: Facts, stop: Facts) -> list[Facts]:
    """The drums that wait at a gate, and those of its firm that are on board."""
    firm = gate["stops"][stop["id"]]["enterprise_id"]
    return [
        each
        for each in gate["containers"].values()
        if each["request_id"] == stop["request_id"]
        or (each["trip_id"] == trip["id"] and each["enterprise_id"] == firm)
    ]


def _known(lines: tuple[tuple[str, Any], ...]) -> list[tuple[str, Any]]:
    return [(endpoint, title) for endpoint, title in lines if endpoint in current_app.view_functions]
