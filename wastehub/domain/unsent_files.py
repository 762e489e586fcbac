"""The file in which a phone saves what it could not send: signed texts and pictures, nothing to be believed.

Form: {"v":1,"kind":"wastehub-unsent","by":USER,"sent_at":...,
"devices":[{"device":ID,"events":[{"text","sig"}]}],"photos":[{"sha256","jpeg"}]} with pictures in base64
(frontend/src/outbox_page.js writes it).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from wastehub.domain.errors import InvalidInput

KIND, VERSION = "wastehub-unsent", 1
DEVICES_MAX = 20
EVENTS_MAX = 2_000
PICTURES_MAX = 500
SIGNATURE_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Saved:
    """What one phone saved: texts and signatures as they are."""

    device_id: UUID
    events: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class UnsentFile:
    """`pictures`: by the hash of their bytes, which was computed here."""

    phones: Sequence[Saved]
    pictures: Mapping[str, bytes]


def read(data: bytes) -> UnsentFile:
    """The contents of such a file.

    Raises InvalidInput: unsent_file.missing, unsent_file.not_one, unsent_file.too_many, unsent_file.nothing.
    """
    if not data:
        raise InvalidInput("unsent_file.missing", field="file")
    try:
        said = json.loads(data)
        if said["kind"] != KIND or said["v"] != VERSION:
            raise _not_one()
        phones = [_phone(each) for each in _some(said["devices"], DEVICES_MAX)]
        pictures = dict(_picture(each) for each in _some(said.get("photos", []), PICTURES_MAX))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as broken:
        raise _not_one() from broken
    if sum(len(each.events) for each in phones) > EVENTS_MAX:
        raise InvalidInput("unsent_file.too_many", field="file", most=EVENTS_MAX)
    phones = [each for each in phones if each.events]
    if not phones:
        raise InvalidInput("unsent_file.nothing", field="file")
    return UnsentFile(phones, pictures)


def _not_one() -> InvalidInput:
    return InvalidInput("unsent_file.not_one", field="file")


def _some(value: Any, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise ValueError("no list of that length")
    return value


def _phone(said: Any) -> Saved:
    events = [(_text(each["text"]), _text(each["sig"])) for each in _some(said["events"], EVENTS_MAX)]
    return Saved(UUID(_text(said["device"])), events)


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError("no text")
    return value


def _picture(said: Any) -> tuple[str, bytes]:
    try:
        data = base64.b64decode(_text(said["jpeg"]), validate=True)
    except binascii.Error as broken:
        raise ValueError("no base64") from broken
    return hashlib.sha256(data).hexdigest(), data
