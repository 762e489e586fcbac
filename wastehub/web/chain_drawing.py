"""The tracks beside the acts of a chain: one small SVG per row, as high as its row. Pure functions of lanes.

The texts stand in the rows themselves; the tracks are hidden from screen readers, which hear them in words.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ..domain.chain_graph import Placed

LANE_PX = 16
LANES_MAX = 8
NODE_Y = 26
NODE_R = 7


def width_px(lanes: int) -> int:
    """How wide the tracks are; further lanes share the last one."""
    return LANE_PX * min(lanes, LANES_MAX) + 6


def tracks_svg(
    row: Placed, before: Sequence[int], *, lanes: int, tone: str = "", last: bool = False
) -> Markup:
    """The tracks of one row: those of `before` come from above, the node is in front, the rest goes on."""
    wide = width_px(lanes)
    parts = [_line(lane, 0, "100%") for lane in row.passing if lane in before and lane in row.leaving]
    parts += [_bend(lane, row.lane) for lane in row.from_lanes if lane in before]
    if row.lane in row.leaving and not last:
        parts.append(_line(row.lane, NODE_Y, "100%"))
    parts.append(
        Markup('<circle class="track-node{}" cx="{}" cy="{}" r="{}"></circle>').format(
            f" track-{tone}" if tone else "", _x(row.lane), NODE_Y, NODE_R
        )
    )
    return Markup(
        '<svg class="tracks" width="{}" height="100%" aria-hidden="true" focusable="false">{}</svg>'
    ).format(wide, Markup("").join(parts))


def _x(lane: int) -> int:
    return LANE_PX * min(lane, LANES_MAX - 1) + 11


def _line(lane: int, top: int, bottom: str) -> Markup:
    return Markup('<line class="track" x1="{0}" x2="{0}" y1="{1}" y2="{2}"></line>').format(
        _x(lane), top, bottom
    )


def _bend(start: int, end: int) -> Markup:
    x0, x1 = _x(start), _x(end)
    if x0 == x1:
        return Markup('<line class="track" x1="{0}" x2="{0}" y1="0" y2="{1}"></line>').format(x0, NODE_Y)
    return Markup('<path class="track" d="M{0} 0C{0} {2} {1} 0 {1} {2}"></path>').format(x0, x1, NODE_Y)
