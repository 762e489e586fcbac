"""A printed number of a roll is bound to a container at the gate."""

from __future__ import annotations

from collections.abc import Mapping

from .. import label_lives
from .acts import Act, Done, Handler


def label_bound(act: Act) -> Done | None:
    """{container_id, roll_code}."""
    container_id = act.body.uuid("container_id")
    roll_code = act.body.text("roll_code", longest=500, required=True)
    label_lives.bind(
        act.session, actor=act.actor, roll_code=roll_code, container_id=container_id, now=act.now, at=act.at
    )
    return None


HANDLERS: Mapping[str, Handler] = {"label_bound": label_bound}
