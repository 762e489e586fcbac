"""The key that seals this installation's labels, and what the seal of a scanned label proves."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy.orm import Session

from .. import clock
from ..config import Settings
from ..db import Database
from ..domain import label_seals
from ..domain.label_seals import Judgement, Scanned
from ..ledger import signing
from ..services import label_keys
from ..services.field.seals import Seals
from ..services.label_keys import Sealer
from .context import database, settings
from .writing import require_writable

_KEPT = "wastehub.label_sealer"


def open_sealer(settings: Settings) -> Sealer:
    """The sealer of the key file, made if it is missing. Raises signing.BadKeyFile."""
    return Sealer(signing.load_or_create(settings.label_key_path), settings.log_origin)


def announced(sealer: Sealer, database: Database) -> Sealer:
    """The same sealer once everybody can know its key. Not inside a transaction: it may need its own.

    Raises Conflict (label_key.number_taken, label_key.ended).
    """
    with database.reading() as session:
        known = label_keys.is_announced(session, sealer)
    if not known:
        with database.transaction() as session:
            label_keys.announce(session, sealer=sealer, now=clock.now_utc())
    return sealer


def sealer() -> Sealer:
    """The sealer of this application; opened once."""
    if _KEPT not in current_app.extensions:
        current_app.extensions[_KEPT] = open_sealer(settings())
    return cast(Sealer, current_app.extensions[_KEPT])


def ready() -> Sealer:
    """For views that only look: the sealer, its key announced. Raises LedgerClosed when it cannot be."""
    with database().reading() as session:
        if label_keys.is_announced(session, sealer()):
            return sealer()
    require_writable()
    return announced(sealer(), database())


def announce(session: Session, now: datetime) -> None:
    """For views that act: before labels are printed, in the same transaction."""
    label_keys.announce(session, sealer=sealer(), now=now)


def payload(label_code: str) -> str:
    """What the QR code of a label says."""
    return sealer().payload(settings().base_url, label_code)


def hosts(*more: str) -> frozenset[str]:
    """The addresses that are ours: the configured one and the one that this request came to."""
    return frozenset({urlsplit(settings().base_url).netloc.lower(), *(host.lower() for host in more)})


def seals(*more_hosts: str) -> Seals:
    """What the intake of the phones judges labels by."""
    return Seals(settings().log_origin, hosts(*more_hosts))


def verdict(session: Session, *, code: str, seal: str, host: str) -> Judgement:
    """What the seal behind a code proves; `host`: where the label's address led to."""
    scanned = Scanned(code=code, seal=seal, host=host.lower())
    return label_keys.judge(session, scanned=scanned, origin=settings().log_origin, hosts=hosts(host))


def verdict_on(session: Session, text: str, host: str) -> Judgement:
    """The same for a text as it was scanned. Raises InvalidInput (label.malformed, label.typed_wrong)."""
    scanned = label_seals.read(text)
    return label_keys.judge(session, scanned=scanned, origin=settings().log_origin, hosts=hosts(host))
