"""How firms hand over on the demo day: by standing consent, by code, on the glass, and a few not at all."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

from PIL import Image, ImageDraw
from sqlalchemy.orm import Session

from ..domain import handing_over as rules
from ..domain.actors import Actor
from ..ids import uuid7
from ..models.route_plans import Stop
from ..services import handing_over, photos
from ..services.handing_over import Confirmation
from ..services.handing_over.confirming import loaded_at
from .world import Firm, World

# Of twenty gates in a row; what is no way of confirming is the reason why nobody did.
CYCLE = (
    "glass", "standing", "nobody_signs", "code", "standing", "standing", "standing", "code", "standing",
    "standing", "glass", "standing", "declined", "standing", "code", "standing", "standing", "code",
    "standing", "standing",
)  # fmt: skip
NOTES = {"declined": "单位要求核对重量后再确认（示例）"}
SIGNER, CONSENTER, ROLE = "示例签字人", "示例授权人", "环保负责人"
CONSENT_DAYS = 180
CODE_SHOWN_BEFORE = timedelta(minutes=2)
# 示 and 例 stroke by stroke, in a square of one: what the demo writes instead of a name.
STROKES = (
    (
        ((0.28, 0.18), (0.74, 0.16)),
        ((0.10, 0.40), (0.92, 0.37)),
        ((0.52, 0.40), (0.52, 0.92), (0.41, 0.84)),
        ((0.33, 0.54), (0.26, 0.68), (0.13, 0.82)),
        ((0.68, 0.54), (0.77, 0.64), (0.88, 0.79)),
    ),
    (
        ((0.27, 0.08), (0.19, 0.28), (0.06, 0.45)),
        ((0.18, 0.32), (0.18, 0.94)),
        ((0.32, 0.18), (0.64, 0.16)),
        ((0.46, 0.18), (0.40, 0.38), (0.29, 0.54)),
        ((0.44, 0.37), (0.61, 0.35), (0.54, 0.62), (0.32, 0.92)),
        ((0.41, 0.52), (0.53, 0.62)),
        ((0.75, 0.22), (0.75, 0.70)),
        ((0.91, 0.08), (0.91, 0.92), (0.80, 0.83)),
    ),
)
PICTURE_PX, GLYPH_PX, INK_PX, SHAKE_PX = (640, 240), 180, 7, 4


@dataclass
class HandOvers:
    """What each gate of a day does when the crew leaves. `picked`: by stop one of CYCLE."""

    world: World
    folder: Path  # of the photos
    rng: Random
    picked: dict[UUID, str]
    unconfirmed: list[tuple[Firm, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.firms = {firm.id: firm for firm in self.world.firms}

    @classmethod
    def of(
        cls, world: World, stops: Sequence[Stop], *, first: UUID, photo_folder: Path, seed: int
    ) -> HandOvers:
        """`first`: the platform whose gates come first, so that it has one of each kind."""
        order = sorted(stops, key=lambda stop: (stop.request.platform_id != first, stop.request.request_no))
        picked = {stop.id: CYCLE[at % len(CYCLE)] for at, stop in enumerate(order)}
        return cls(world, photo_folder, Random(f"hand-over/{seed}"), picked)

    def give_consents(self, stops: Sequence[Stop], *, on: date, at: datetime) -> int:
        """The firms that will not sign at their gate consent before; how many."""
        wanted = dict.fromkeys(
            stop.request.enterprise_id for stop in stops if self.picked[stop.id] == "standing"
        )
        with self.world.act() as session:
            for key in wanted:
                handing_over.give_consent(
                    session,
                    actor=self.firms[key].desk,
                    person_name=CONSENTER,
                    person_role=ROLE,
                    until_on=on + timedelta(days=CONSENT_DAYS),
                    note="示例",
                    now=at,
                )
        return len(wanted)

    def confirm(
        self, session: Session, *, crew: Actor, stop: Stop, at: datetime, now: datetime
    ) -> tuple[str, str]:
        """Somebody of the firm confirms what is on board; reason and note where nobody does.

        Nothing is asked of a gate that gave nothing.
        """
        way = self.picked.get(stop.id, "")
        if not way or not loaded_at(session, stop):
            return "", ""
        firm = self.firms[stop.request.enterprise_id]
        if way not in rules.WAYS:
            self.unconfirmed.append((firm, stop.request.request_no))
            return way, NOTES.get(way, "")
        code = self._code(session, firm, stop, at) if way == "code" else ""
        picture = self._picture(session, crew, now) if way == "glass" else None
        gate = stop.request.enterprise
        given = Confirmation(
            actor=crew,
            id=uuid7(int(at.timestamp() * 1000), self.rng.getrandbits(74)),
            stop_id=stop.id,
            way=way,
            at=at,
            name=SIGNER if way != "standing" else "",
            photo_sha256=picture,
            code=code,
            lon_e6=gate.lon_e6 + self.rng.randint(-150, 150),
            lat_e6=gate.lat_e6 + self.rng.randint(-150, 150),
            accuracy_m=self.rng.randint(4, 18),
        )
        handing_over.confirm(session, given=given, now=now)
        return "", ""

    def _code(self, session: Session, firm: Firm, stop: Stop, at: datetime) -> str:
        """The firm has its page show a code while the vehicle stands there."""
        shown_at = at - CODE_SHOWN_BEFORE
        return handing_over.show_code(session, actor=firm.desk, request_id=stop.request_id, now=shown_at).code

    def _picture(self, session: Session, crew: Actor, now: datetime) -> str:
        data = signature(self.rng)
        return photos.store_bare(session, actor=crew, data=data, folder=self.folder, now=now).sha256


def signature(rng: Random) -> bytes:
    """示例 as a finger writes it, as the JPEG that a phone would send."""
    picture = Image.new("RGB", PICTURE_PX, (255, 255, 255))
    pen = ImageDraw.Draw(picture)
    for place, strokes in enumerate(STROKES):
        left, top = 90 + place * (GLYPH_PX + 40) + rng.randint(-9, 9), 30 + rng.randint(-9, 9)
        for stroke in strokes:
            points = [
                (left + x * GLYPH_PX + rng.randint(-SHAKE_PX, SHAKE_PX),
                 top + y * GLYPH_PX + rng.randint(-SHAKE_PX, SHAKE_PX))
                for x, y in stroke
            ]  # fmt: skip
            pen.line(points, fill=(11, 20, 19), width=INK_PX, joint="curve")
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=85)
    return target.getvalue()
