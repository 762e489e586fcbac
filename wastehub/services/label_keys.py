"""The keys that seal labels: announced before the first label, retired, revoked; and what a seal proves."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy.orm import Session

from .. import ledger
from ..domain import label_seals, texts
from ..domain.actors import Actor
from ..domain.errors import Conflict, NotFound
from ..domain.label_seals import Judgement, PublishedKey, Scanned
from ..ledger.signing import Checker, Signer
from ..models import label_keys
from ..models.label_keys import LabelKey

AUTHOR = SITE = "service"
REASON_LONGEST = 300


class Sealer:
    """Seals labels with one key for one installation (`origin`); the same label gets the same seal."""

    def __init__(self, signer: Signer, origin: str) -> None:
        self._signer = signer
        self.origin = origin
        self.public_key = signer.public_key
        self.number = label_seals.key_number(signer.public_key)

    def seal(self, label_code: str) -> str:
        """The 159 digits behind the code in the QR code's address."""
        return label_seals.seal(self.number, self._signer.sign(label_seals.message(self.origin, label_code)))

    def payload(self, base_url: str, label_code: str) -> str:
        """What the QR code of a label says."""
        return label_seals.payload(base_url, label_code, self.seal(label_code))


def is_announced(session: Session, sealer: Sealer) -> bool:
    """Whether everybody can know the key.

    Raises Conflict: label_key.number_taken (by another key), label_key.ended (retired or revoked).
    """
    row = session.get(LabelKey, sealer.number)
    if row is None:
        return False
    if row.public_key != sealer.public_key.hex():
        raise Conflict("label_key.number_taken", number=sealer.number)
    if row.retired_at or row.revoked_at:
        raise Conflict("label_key.ended", number=sealer.number)
    return True


def announce(session: Session, *, sealer: Sealer, now: datetime) -> None:
    """Publish the key, in the table and in the ledger, before anything sealed with it leaves the house."""
    if is_announced(session, sealer):
        return
    session.add(LabelKey(number=sealer.number, public_key=sealer.public_key.hex(), added_at=now, reason=""))
    session.flush()
    _log(session, "label_key.added", sealer.number, {"public_key": sealer.public_key.hex()}, AUTHOR, now)


def end(
    session: Session, *, actor: Actor, number: int, sealer: Sealer, revoke: bool, reason: str, now: datetime
) -> LabelKey:
    """Retire a key (its labels stay genuine) or revoke it (they prove nothing any more: print them anew).

    The key must be out of use: `sealer` has another one. Raises NotFound(label_key.unknown),
    Conflict(label_key.in_use, label_key.ended), InvalidInput(text.missing).
    """
    actor.require("reference.manage")
    why = texts.clean(reason, field="reason", longest=REASON_LONGEST, required=True)
    row = session.get(LabelKey, number)
    if row is None:
        raise NotFound("label_key.unknown", number=number)
    if number == sealer.number:
        raise Conflict("label_key.in_use", number=number)
    if row.revoked_at or (row.retired_at and not revoke):
        raise Conflict("label_key.ended", number=number)
    row.reason = why
    if revoke:
        row.revoked_at = now
    else:
        row.retired_at = now
    session.flush()
    name = "label_key.revoked" if revoke else "label_key.retired"
    _log(session, name, number, {"reason": why}, actor.author, now)
    return row


def _log(session: Session, type: str, number: int, facts: dict[str, str], author: str, now: datetime) -> None:
    event = ledger.Event(type=type, author=author, site=SITE, at=now, subject=f"{number:05d}", facts=facts)
    ledger.append(session, [event], now=now)


def published(session: Session) -> list[LabelKey]:
    """All keys with their validity, the oldest first: for everybody."""
    return label_keys.keys(session)


def judge(session: Session, *, scanned: Scanned, origin: str, hosts: Collection[str]) -> Judgement:
    """What the seal of a scanned label proves."""
    return judging(session, origin=origin, hosts=hosts)(scanned)


def judging(session: Session, *, origin: str, hosts: Collection[str]) -> Callable[[Scanned], Judgement]:
    """The same for many labels: the keys are read once, with the first of them."""
    keys = functools.cache(lambda: _keys(session))
    return lambda scanned: label_seals.judge(scanned, keys=keys(), origin=origin, hosts=hosts, verify=_holds)


def _keys(session: Session) -> dict[int, PublishedKey]:
    return {
        row.number: PublishedKey(row.number, bytes.fromhex(row.public_key), row.revoked_at is not None)
        for row in label_keys.keys(session)
    }


def _holds(public_key: bytes, signature: bytes, message: bytes) -> bool:
    return Checker(public_key).accepts(signature, message)
