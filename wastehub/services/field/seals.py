"""Whether the label that a phone read is genuine: judged again here, whatever the phone made of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from ...domain import label_seals
from ...domain.errors import InvalidInput
from ...domain.field_events import Body
from .. import label_keys

# What the phone said, what it read: what the seal proves.
Judge = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Seals:
    """What this installation's labels are judged by: the name that their seals bind, and its addresses."""

    origin: str
    hosts: Collection[str]

    def judge(self, session: Session) -> Judge:
        """A judge for a run of scans: the published keys are read once, when the first seal is met."""
        judged = label_keys.judging(session, origin=self.origin, hosts=self.hosts)

        def judge(said: str, read: str) -> str:
            try:
                scanned = label_seals.read(read)
            except InvalidInput:
                return said  # no label at all: the scan is refused for that
            return judged(scanned) if scanned.seal else said

        return judge


def text_read(body: Body) -> str:
    """What the camera read: `label_read` where the phone sent it, with the seal; else `label_code`.

    Raises InvalidInput with the field at fault; also when both name different labels.
    """
    label_code = body.text("label_code", longest=label_seals.TEXT_MAX, required=True)
    read = body.text("label_read", longest=label_seals.TEXT_MAX)
    if not read:
        return label_code
    if _code(read, "label_read") != _code(label_code, "label_code"):
        raise InvalidInput("event.field_wrong", field="label_read", name="label_read", expected=label_code)
    return read


def _code(text: str, field: str) -> str:
    return label_seals.read(text, field).code
