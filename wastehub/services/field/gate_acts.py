"""What firm and crew do together at the gate: confirm the hand-over, agree to a change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import func, select

from ...domain import handing_over as rules
from ...models.field import DeviceEvent
from .. import handing_over
from .acts import Act, Done, Handler

NAME_LONGEST = 200
# Wrong codes of longer ago were typed at another gate.
WRONG_CODES_WITHIN = timedelta(hours=1)


def hand_over(act: Act) -> Done | None:
    """{stop_id, way, name?, photo_sha256?, code?}: the firm confirms what is on board."""
    way = act.body.choice("way", rules.WAYS)
    place = act.place
    given = handing_over.Confirmation(
        actor=act.actor,
        id=act.id,
        stop_id=act.body.uuid("stop_id"),
        way=way,
        at=act.at,
        name=act.body.text("name", longest=NAME_LONGEST),
        photo_sha256=act.body.sha256_or_none("photo_sha256"),
        code=act.body.text("code", longest=20),
        lon_e6=place.lon_e6 if place else None,
        lat_e6=place.lat_e6 if place else None,
        accuracy_m=place.accuracy_m if place else None,
        wrong_codes=_wrong_codes(act) if way == "code" else 0,
    )
    handing_over.confirm(act.session, given=given, now=act.now)
    return None


def _wrong_codes(act: Act) -> int:
    """How many wrong codes this phone has tried of late: guessing does not pay."""
    query = select(func.count(DeviceEvent.id)).where(
        DeviceEvent.device_id == act.device_id,
        DeviceEvent.outcome_code == "hand_over.code_wrong",
        DeviceEvent.acted_at > act.at - WRONG_CODES_WITHIN,
    )
    return int(act.session.scalar(query) or 0)


def change_agreed(act: Act) -> Done | None:
    """{container_id, stop_id, what, mass_g or container_type, firm_name, firm_role, reason, note?}."""
    change = handing_over.GateChange(
        actor=act.actor,
        id=act.id,
        stop_id=act.body.uuid("stop_id"),
        container_id=act.body.uuid("container_id"),
        what=act.body.text("what", longest=20),
        firm_name=act.body.text("firm_name", longest=NAME_LONGEST),
        firm_role=act.body.text("firm_role", longest=20),
        reason=act.body.text("reason", longest=40),
        at=act.at,
        mass_g=act.body.whole_or_none("mass_g"),
        container_type=act.body.text("container_type", longest=24),
        note=act.body.text("note", longest=1000),
        photo_sha256=act.body.sha256_or_none("photo_sha256"),
    )
    handing_over.change_at_gate(act.session, change=change, now=act.now)
    return None


HANDLERS: Mapping[str, Handler] = {"hand_over": hand_over, "change_agreed": change_agreed}
