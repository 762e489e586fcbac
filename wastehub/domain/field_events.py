"""The signed, numbered events of a crew's phone: what a text must be, and where it stands in its chain.

The text is canonical JSON: sorted ASCII keys, no blanks, strings in form C, whole numbers within 2**53, no
null, nothing twice. Its SHA-256 names it in the next event's `prev`, in the ledger and in every answer.
Everything here is pure, so that thousands of histories can be played through it (docs/field-events.md).
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from wastehub.domain.errors import InvalidInput

VERSION = 1
TEXT_BYTES_MAX = 8_192
INTEGER_MAX = 2**53 - 1
DEPTH_MAX = 5
EVENTS_MAX = 200
REQUIRED = ("at", "body", "by", "device", "id", "kind", "prev", "seq", "v")
OPTIONAL = ("place", "seen")
# A phone's clock is corrected by what it is off; less than this is the network's delay, not the clock.
SKEW_IGNORED = timedelta(seconds=120)

_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HASH = re.compile(r"[0-9a-f]{64}")
_UNSAYABLE = re.compile("[\x00\ud800-\udfff]")
_KIND = re.compile(r"[a-z][a-z_]{1,29}")


class Malformed(InvalidInput):
    """A text that is no event of ours: `field` says where."""

    code = "event.malformed"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the phone was. Micro-degrees; `at` is the phone's own time of the fix."""

    lon_e6: int
    lat_e6: int
    accuracy_m: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest checkpoint of the log that the phone knew: `root` in hexadecimal."""

    size: int
    root: str


@dataclass(frozen=True, slots=True)
class FieldEvent:
    """One event as the phone signed it. `at` is what its clock said; `by` the user who acted.

    `fault`: why it cannot be carried out although it has its place in the chain (see `skeleton`).
    """

    id: UUID
    device: UUID
    seq: int
    prev: str
    kind: str
    at: datetime
    by: UUID
    body: Body
    text: str
    sha256: str
    place: Place | None = None
    seen: Seen | None = None
    fault: InvalidInput | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """The fields of an event, read by name. Every reader raises InvalidInput with the field at fault."""

    values: Mapping[str, Any] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        return name in self.values

    def uuid(self, name: str) -> UUID:
        """A UUID in lower-case hexadecimal with hyphens."""
        value = self._needed(name)
        if type(value) is not str or not _UUID.fullmatch(value):
            raise _wrong(name, "uuid")
        return UUID(value)

    def uuid_or_none(self, name: str) -> UUID | None:
        return self.uuid(name) if name in self.values else None

    def text(self, name: str, *, longest: int, required: bool = False) -> str:
        """A text; "" when it is not there and not required."""
        value = self._needed(name) if required else self.values.get(name, "")
        if type(value) is not str:
            raise _wrong(name, "text")
        if len(value) > longest:
            raise InvalidInput("text.too_long", field=name, longest=longest, length=len(value))
        if required and not value.strip():
            raise InvalidInput("text.missing", field=name)
        return value

    def choice(self, name: str, allowed: Sequence[str], *, default: str | None = None) -> str:
        """One of the allowed words."""
        value = self._needed(name) if default is None else self.values.get(name, default)
        if value not in allowed:
            raise _wrong(name, " | ".join(allowed))
        return str(value)

    def whole(self, name: str, *, lowest: int = 0, highest: int = INTEGER_MAX) -> int:
        """A whole number within bounds."""
        value = self._needed(name)
        if type(value) is not int or not lowest <= value <= highest:
            raise _wrong(name, f"{lowest}–{highest}")
        return value

    def whole_or_none(self, name: str, *, lowest: int = 0, highest: int = INTEGER_MAX) -> int | None:
        return self.whole(name, lowest=lowest, highest=highest) if name in self.values else None

    def instant(self, name: str) -> datetime:
        """A moment in UTC with milliseconds, as JavaScript's toISOString writes it."""
        value = self._needed(name)
        if type(value) is not str or not _INSTANT.fullmatch(value):
            raise _wrong(name, "2026-03-16T01:02:03.456Z")
        try:
            return datetime.fromisoformat(value)
        except ValueError as impossible:
            raise _wrong(name, "2026-03-16T01:02:03.456Z") from impossible

    def truth(self, name: str, *, default: bool | None = None) -> bool:
        value = self._needed(name) if default is None else self.values.get(name, default)
        if type(value) is not bool:
            raise _wrong(name, "true | false")
        return value

    def sha256_or_none(self, name: str) -> str | None:
        """The SHA-256 of a picture in hexadecimal."""
        value = self.values.get(name)
        if value is not None and (type(value) is not str or not _HASH.fullmatch(value)):
            raise _wrong(name, "sha256")
        return value

    def inner(self, name: str) -> Body:
        """An object inside; an empty one when it is not there."""
        value = self.values.get(name, {})
        if not isinstance(value, Mapping):
            raise _wrong(name, "object")
        return Body(value)

    def texts(self, name: str, *, longest: int, most: int) -> list[str]:
        """A list of texts."""
        value = self._needed(name)
        if not isinstance(value, list) or len(value) > most:
            raise _wrong(name, f"list, 0–{most}")
        if not all(type(item) is str and len(item) <= longest for item in value):
            raise _wrong(name, "text")
        return list(value)

    def _needed(self, name: str) -> Any:
        if name not in self.values:
            raise InvalidInput("event.field_missing", field=name, name=name)
        return self.values[name]


def _wrong(name: str, expected: str) -> InvalidInput:
    return InvalidInput("event.field_wrong", field=name, name=name, expected=expected)


# -- the text --------------------------------------------------------------------------------------------


def sha256(text: str) -> str:
    """How a text is named: SHA-256 of its UTF-8 bytes in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: Any) -> str:
    """The one way to write a value of the subset down."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def read_canonical(text: str, *, required: Collection[str], optional: Collection[str] = ()) -> dict[str, Any]:
    """The object of a text with exactly these fields. Raises Malformed: event.* with the field at fault."""
    value = _read(text)
    for name in required:
        if name not in value:
            raise Malformed("event.field_missing", field=name, name=name)
    for name in value:
        if name not in required and name not in optional:
            raise Malformed("event.field_unknown", field=_printable(name), name=_printable(name))
    if type(value["v"]) is not int or value["v"] != VERSION:
        raise Malformed("event.version_unknown", field="v", expected=VERSION)
    _require_subset(value, path="", depth=0)
    if canonical(value) != text:
        raise Malformed("event.not_canonical", field="text", name="text")
    return value


def _printable(name: str) -> str:
    return "".join(character for character in name if character.isprintable())[:40]


def parse(text: str) -> FieldEvent:
    """The event of a text. Raises InvalidInput: event.* with the field and what was expected there."""
    value = read_canonical(text, required=REQUIRED, optional=OPTIONAL)
    head = Body(value)
    seq = head.whole("seq", lowest=1)
    if not isinstance(value["body"], dict):
        raise _wrong("body", "object")
    return FieldEvent(
        id=head.uuid("id"),
        device=head.uuid("device"),
        seq=seq,
        prev=_prev(head, seq),
        kind=_kind(head),
        at=head.instant("at"),
        by=head.uuid("by"),
        body=Body(value["body"]),
        text=text,
        sha256=sha256(text),
        place=_place(value),
        seen=_seen(value),
    )


def named(text: str) -> tuple[UUID | None, int | None]:
    """Id and number that a text claims, as far as they can be made out, to answer for what is no event."""
    value = _claimed(text)
    seq = value.get("seq")
    return _claimed_uuid(value, "id"), seq if type(seq) is int and 1 <= seq <= INTEGER_MAX else None


def skeleton(text: str, fault: InvalidInput) -> FieldEvent | None:
    """What a signed text that is no event still says of its place in the chain; None when it says too little.

    It keeps its number, so that a phone which once wrote nonsense can go on with the next one.
    """
    value = _claimed(text)
    ids = [_claimed_uuid(value, name) for name in ("id", "device")]
    seq, prev = value.get("seq"), value.get("prev")
    if None in ids or type(seq) is not int or not 1 <= seq <= INTEGER_MAX or type(prev) is not str:
        return None
    try:
        at = Body(value).instant("at")
    except InvalidInput:
        at = datetime(1970, 1, 1, tzinfo=UTC)
    kind = value.get("kind")
    return FieldEvent(
        id=ids[0] or UUID(int=0),
        device=ids[1] or UUID(int=0),
        seq=seq,
        prev=prev if _HASH.fullmatch(prev) else "",
        kind=kind if type(kind) is str and _KIND.fullmatch(kind) else "unreadable",
        at=at,
        by=_claimed_uuid(value, "by") or UUID(int=0),
        body=Body(),
        text=text,
        sha256=sha256(text),
        fault=fault,
    )


def _claimed(text: str) -> dict[str, Any]:
    try:
        text.encode()
        value = json.loads(text[: 8 * TEXT_BYTES_MAX], parse_int=_int)
    except (ValueError, RecursionError, InvalidInput):
        return {}
    return value if isinstance(value, dict) else {}


def _claimed_uuid(value: Mapping[str, Any], name: str) -> UUID | None:
    claimed = value.get(name)
    return UUID(claimed) if type(claimed) is str and _UUID.fullmatch(claimed) else None


def _read(text: str) -> dict[str, Any]:
    """The object of a text that is JSON, without what JSON readers disagree about."""
    try:
        length = len(text.encode())
    except UnicodeEncodeError as broken:
        raise Malformed("event.text_unreadable", field="text") from broken
    if length > TEXT_BYTES_MAX:
        raise Malformed("event.text_too_long", field="text", longest=TEXT_BYTES_MAX, length=length)
    try:
        value = json.loads(
            text, object_pairs_hook=_once, parse_float=_no_number, parse_constant=_no_number, parse_int=_int
        )
    except (ValueError, RecursionError) as broken:
        raise Malformed("event.not_json", field="text") from broken
    if not isinstance(value, dict):
        raise Malformed("event.not_json", field="text")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made:
            raise Malformed("event.key_twice", field=_printable(name), name=_printable(name))
        made[name] = value
    return made


def _no_number(digits: str) -> Any:
    raise Malformed("event.number_not_whole", field="text", given=digits[:20])


def _int(digits: str) -> int:
    if len(digits) > 17 or not -INTEGER_MAX <= int(digits) <= INTEGER_MAX:
        raise Malformed("event.number_too_large", field="text", given=digits[:24])
    return int(digits)


def _require_subset(value: Any, *, path: str, depth: int) -> None:
    if depth > DEPTH_MAX:
        raise Malformed("event.too_deep", field=path[:60], deepest=DEPTH_MAX)
    if value is None:
        raise Malformed("event.null_inside", field=path[:60], name=path[:60])
    if type(value) is str:
        if _UNSAYABLE.search(value):
            raise Malformed("event.not_canonical", field=path[:60], name=path[:60])
        if not unicodedata.is_normalized("NFC", value):
            raise Malformed("event.not_canonical", field=path[:60], name=path[:60])
    elif isinstance(value, list):
        for at, item in enumerate(value):
            _require_subset(item, path=f"{path}.{at}", depth=depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            if not name.isascii() or "\x00" in name:
                raise Malformed("event.not_canonical", field=path[:60], name=path[:60])
            _require_subset(item, path=f"{path}.{name}".lstrip("."), depth=depth + 1)


def _prev(body: Body, seq: int) -> str:
    if seq == 1 and body.values["prev"] == "":
        return ""
    return _hash(body, "prev")


def _hash(body: Body, name: str) -> str:
    found = body.sha256_or_none(name)
    if found is None:
        raise _wrong(name, "sha256")
    return found


def _kind(body: Body) -> str:
    found = body.text("kind", longest=30)
    if not _KIND.fullmatch(found):
        raise _wrong("kind", "a-z_")
    return found


def _place(value: Mapping[str, Any]) -> Place | None:
    if "place" not in value:
        return None
    found = _exactly(value, "place", ("lon_e6", "lat_e6", "accuracy_m", "at"))
    return Place(
        lon_e6=found.whole("lon_e6", lowest=-180_000_000, highest=180_000_000),
        lat_e6=found.whole("lat_e6", lowest=-90_000_000, highest=90_000_000),
        accuracy_m=found.whole("accuracy_m", highest=2**31 - 1),
        at=found.instant("at"),
    )


def _seen(value: Mapping[str, Any]) -> Seen | None:
    if "seen" not in value:
        return None
    found = _exactly(value, "seen", ("size", "root"))
    return Seen(size=found.whole("size"), root=_hash(found, "root"))


def _exactly(value: Mapping[str, Any], name: str, keys: Collection[str]) -> Body:
    found = value[name]
    if not isinstance(found, dict) or set(found) != set(keys):
        raise _wrong(name, ", ".join(keys))
    return Body(found)


# -- time ------------------------------------------------------------------------------------------------


def skew(*, sent_at: datetime, received_at: datetime) -> timedelta:
    """How far the phone's clock is behind ours; negative when it is ahead. Whole seconds."""
    return timedelta(seconds=round((received_at - sent_at).total_seconds()))


def corrected(at: datetime, *, skew: timedelta, now: datetime) -> datetime:
    """When an act took place by our clock: what the phone said, put right, and never the future."""
    put_right = at if abs(skew) <= SKEW_IGNORED else _moved(at, skew)
    return min(put_right, now)


def _moved(at: datetime, by: timedelta) -> datetime:
    try:
        return at + by
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if by > timedelta() else datetime.min.replace(tzinfo=UTC)


# -- the chain -------------------------------------------------------------------------------------------

Placing = Literal["next", "replay", "waiting", "broken", "id_reused", "sequence_reused"]


@dataclass(frozen=True, slots=True)
class Known:
    """An event that was kept: enough to tell whether another one is the same."""

    id: UUID
    device: UUID
    seq: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Chain:
    """How far the events of a device are known: the last number, and the hash of its text ("" before any)."""

    last_seq: int = 0
    head: str = ""

    def after(self, event: FieldEvent) -> Chain:
        return Chain(event.seq, event.sha256)


def placed(event: FieldEvent, chain: Chain, *, same_id: Known | None, same_seq: Known | None) -> Placing:
    """Where an event stands. `same_id`, `same_seq`: what is kept under its id, and under its number.

    "next": the one that was expected; "broken": it has the expected number, but names another event before
    it; "waiting": an earlier number is missing. The first text wins for ever.
    """
    if same_id is not None:
        return "replay" if same_id.sha256 == event.sha256 else "id_reused"
    if same_seq is not None or event.seq <= chain.last_seq:
        return "sequence_reused"
    if event.seq > chain.last_seq + 1:
        return "waiting"
    return "next" if event.prev == chain.head else "broken"
