"""append(): facts become entries, postings and receipts inside the caller's transaction."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from wastehub.db import asked, beside, new_id

from . import canonical, edge, projector, tree
from .accounts import Held
from .edge import Edge, Last
from .events import Event, LeafTooLarge, Receipt, body, from_body
from .personal import PersonalValues
from .projector import PROJECTOR_STOPPED
from .rows import Rows, rows_asked, table
from .signing import ALGORITHM, NoSigner, RevokedKey
from .store import (
    AuthorHeadRow,
    AuthorKeyRow,
    EntryBatchRow,
    EntryLabelRow,
    EntryRow,
    EquivocationRow,
    HeadRow,
    HeldRow,
    SiteHeadRow,
)

SERVICE_AUTHOR = "service"
SERVICE_SITE = "hub"
EQUIVOCATION = "equivocation"
KEY_REVOKED = "key.revoked"
# While the projector stands still nobody has judged the fact yet.
NOT_REFUSED = (None, PROJECTOR_STOPPED)


class SignerLike(Protocol):
    key_id: str
    public_key: bytes

    def sign(self, message: bytes) -> bytes: ...


def append(session: Session, events: Sequence[Event], *, now: datetime) -> list[Receipt]:
    """Log the events in the given order and post their mass. One receipt per event, in the same order.

    Part of the caller's transaction: entries, postings, balances and the caller's own rows are one commit.
    Locks the head of the log until that transaction ends, so call it last and hand over everything in one
    list.

    Raises NoSigner, UnknownEventType, NotCanonical, LeafTooLarge: faults of the calling code, nothing is
    written. Raises RevokedKey when the log says that the service's key no longer counts.
    """
    if not events:
        return []
    signer: SignerLike | None = session.info.get("signer")
    if signer is None:
        raise NoSigner(
            "the ledger needs a signer: open the Database with signer=signing.load_or_create(path)"
        )
    drafts = [_draft(session, event) for event in events]
    connection = beside(session)
    head = edge.lock_head(connection)
    end = _edge(connection, signer, drafts)
    _require_unrevoked(end, signer)
    key_drafts = [] if end.key_known else [_key_draft(session, signer, now)]
    known = _known_entries(connection, [draft.event_id for draft in drafts if not draft.id_made_here])
    writer = _Writer(session, signer, head, end, [draft.event for draft in key_drafts + drafts], now)
    for draft in key_drafts:
        writer.register_key(writer.write(draft).idx)
    receipts = [_receive(writer, known, draft) for draft in drafts]
    writer.save()
    return [writer.as_it_stands(receipt) for receipt in receipts]


@dataclass(slots=True)
class _Draft:
    """An event on its way: checked content, without sequence fields."""

    event: Event
    event_id: UUID
    id_made_here: bool
    content: dict[str, Any]


@dataclass(slots=True)
class _Known:
    """What the log already holds under an event id."""

    receipt: Receipt
    content: bytes
    commitments: Mapping[str, str]


def _draft(session: Session, event: Event) -> _Draft:
    made_here = event.id is None
    event_id = new_id(session, event.at) if event.id is None else event.id
    content = body(event, event_id)
    # From here on only what the leaf will say: normalised texts, milliseconds.
    return _Draft(from_body(content, personal=event.personal), event_id, made_here, content)


def _key_draft(session: Session, signer: SignerLike, now: datetime) -> _Draft:
    facts = {"algorithm": ALGORITHM, "key": signer.key_id, "public_key": signer.public_key.hex()}
    event = Event("key.registered", SERVICE_AUTHOR, SERVICE_SITE, now, subject=signer.key_id, facts=facts)
    return _draft(session, event)


def _edge(connection: Connection, signer: SignerLike, drafts: Sequence[_Draft]) -> Edge:
    """What stands beside the head. The service may have to announce its own key."""
    return edge.read(
        connection,
        key=(SERVICE_AUTHOR, signer.key_id),
        revocation=KEY_REVOKED,
        authors=[SERVICE_AUTHOR, *(draft.event.author for draft in drafts)],
        sites=[SERVICE_SITE, *(draft.event.site for draft in drafts)],
    )


def _require_unrevoked(end: Edge, signer: SignerLike) -> None:
    """Raises RevokedKey. The last act of a key may be its own revocation."""
    if end.key_revoked:
        raise RevokedKey(f"key {signer.key_id} was revoked")


_entry, _held = table(EntryRow), table(HeldRow)
_KNOWN = asked(
    select(_entry.c.event_id, _entry.c.idx, _entry.c.leaf, _held.c.reason).outerjoin_from(
        _entry, _held, (_held.c.idx == _entry.c.idx) & _held.c.posted_idx.is_(None)
    ),
    _entry.c.event_id,
)


def _known_entries(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, _Known]:
    """Entries that already carry one of these event ids."""
    known: dict[UUID, _Known] = {}
    for event_id, idx, leaf, reason in rows_asked(connection, _KNOWN, ids):
        ev = canonical.loads(leaf)["ev"]
        commitments = ev.pop("pd")
        del ev["aseq"], ev["aprev"]
        receipt = Receipt(idx, event_id, reason in NOT_REFUSED, reason, replayed=True)
        known[event_id] = _Known(receipt, canonical.dumps(ev), commitments)
    return known


def _receive(writer: _Writer, known: dict[UUID, _Known], draft: _Draft) -> Receipt:
    """Log the draft, or answer for the entry that already has its id."""
    before = known.get(draft.event_id)
    if before is None:
        receipt = writer.write(draft)
        if not draft.id_made_here:
            known[draft.event_id] = _Known(
                replace(receipt, replayed=True),
                canonical.dumps(draft.content),
                writer.personal.commitments(draft.event_id),
            )
        return receipt
    # The same fact sent again after the rules of the ledger grew is still the same fact.
    version = canonical.loads(before.content)["v"]
    content = canonical.dumps({**draft.content, "v": version})
    if content == before.content and writer.personal.open_to(draft.event.personal, before.commitments):
        return before.receipt
    writer.keep_equivocation(draft, content)
    return Receipt(before.receipt.idx, draft.event_id, posted=False, held_reason=EQUIVOCATION)


class _Writer:
    """Numbers, chains, signs and hashes entries in memory; `save` writes them all."""

    def __init__(
        self,
        session: Session,
        signer: SignerLike,
        head: tree.CompactRange,
        end: Edge,
        events: Sequence[Event],
        now: datetime,
    ) -> None:
        self._connection = session.connection()
        self._signer = signer
        self._head = head
        self._now = now
        self._received = canonical.instant(now)
        self._recorded_at = datetime.fromisoformat(self._received)
        self._keeper = projector.keeper(self._connection, end, events)
        self._authors, self._sites = end.authors, end.sites
        self._new_authors: dict[str, Last] = {}
        self._new_sites: dict[str, Last] = {}
        self._rows: dict[type[Any], list[dict[str, Any]]] = {}
        self.personal = PersonalValues(session)

    def write(self, draft: _Draft) -> Receipt:
        """Give the draft its place in the log and in the books."""
        idx, event = self._head.size, draft.event
        aseq, author_hash = self._authors.get(event.author, (0, b""))
        sseq, site_hash = self._sites.get(event.site, (0, b""))
        ev = {
            **draft.content,
            "aseq": aseq + 1,
            "aprev": author_hash.hex(),
            "pd": self.personal.commit(draft.event),
        }
        signed = canonical.dumps(ev)
        leaf = canonical.dumps(
            {
                "ev": orjson.Fragment(signed),
                "recv": self._received,
                "sig": base64.b64encode(self._signer.sign(signed)).decode(),
                "key": self._signer.key_id,
                "sseq": sseq + 1,
                "sprev": site_hash.hex(),
            }
        )
        if len(leaf) > canonical.LEAF_BYTES_MAX:
            raise LeafTooLarge(f"{event.type} {event.subject}: {len(leaf)} bytes, {len(event.lines)} lines")
        leaf_hash = tree.leaf_hash(leaf)
        self._head.append(leaf_hash)
        last = (aseq + 1, hashlib.sha256(signed).digest())
        self._authors[event.author] = self._new_authors[event.author] = last
        self._sites[event.site] = self._new_sites[event.site] = (sseq + 1, leaf_hash)
        result = self._keeper.apply(idx, event)
        self._add_entry(idx, draft, aseq + 1, sseq + 1, leaf, leaf_hash)
        held_reason = result.reason if isinstance(result, Held) else None
        return Receipt(idx, draft.event_id, held_reason in NOT_REFUSED, held_reason)

    def _add_entry(
        self, idx: int, draft: _Draft, aseq: int, sseq: int, leaf: bytes, leaf_hash: bytes
    ) -> None:
        event = draft.event
        labels, batches = self._keeper.books.mentions(event)
        self._add(
            EntryRow,
            idx=idx,
            event_id=draft.event_id,
            author=event.author,
            aseq=aseq,
            site=event.site,
            sseq=sseq,
            type=event.type,
            subject=event.subject,
            label=labels[0] if len(labels) == 1 else None,
            event_at=event.at,
            recorded_at=self._recorded_at,
            leaf=leaf,
            leaf_hash=leaf_hash,
        )
        for label in labels if len(labels) > 1 else ():
            self._add(EntryLabelRow, idx=idx, label=label)
        for batch in batches:
            self._add(EntryBatchRow, idx=idx, batch=batch)

    def register_key(self, idx: int) -> None:
        self._add(
            AuthorKeyRow,
            author=SERVICE_AUTHOR,
            key_id=self._signer.key_id,
            algorithm=ALGORITHM,
            public_key=self._signer.public_key,
            from_idx=idx,
        )

    def keep_equivocation(self, draft: _Draft, content: bytes) -> None:
        self._add(
            EquivocationRow,
            event_id=draft.event_id,
            author=draft.event.author,
            event=content,
            why="same id, other content",
            seen_at=self._now,
        )

    def as_it_stands(self, receipt: Receipt) -> Receipt:
        """What was held at first may have been posted by a later event of the same list."""
        if receipt.held_reason in (None, EQUIVOCATION):
            return receipt
        late = self._keeper.posted_late(receipt.idx)
        return replace(receipt, posted=True, held_reason=None) if late else receipt

    # -- save ------------------------------------------------------------------------------------------------

    def _add(self, row: type[Any], **values: Any) -> None:
        self._rows.setdefault(row, []).append(values)

    def save(self) -> None:
        rows = Rows()
        for row, values in self._rows.items():
            rows.insert(row, values)
        self.personal.save(rows)
        self._keeper.save(rows)
        rows.upsert(AuthorHeadRow, _head_rows("author", "aseq", self._new_authors))
        rows.upsert(SiteHeadRow, _head_rows("site", "sseq", self._new_sites))
        if self._new_sites:
            head = {
                "id": 1,
                "size": self._head.size,
                "root": self._head.root(),
                "frontier": self._head.to_bytes(),
            }
            rows.upsert(HeadRow, [head])
        rows.write(self._connection)


def _head_rows(name: str, number: str, heads: Mapping[str, Last]) -> list[dict[str, Any]]:
    return [{name: key, number: last, "hash": digest} for key, (last, digest) in heads.items()]
