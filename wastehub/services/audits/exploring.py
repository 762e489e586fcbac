"""The log looked through by type, place, person, label or batch, time, hold and difference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ... import ledger
from ...domain import calendar
from ...domain.actors import Actor
from ...ledger import inquiries, integrating, transparency
from ...ledger.checkpoints import TreeHead
from ...ledger.inquiries import Filters
from ...ledger.notes import VerifierKey
from ...ledger.policies import Policy
from ...models.batches import Batch, batch_key
from ...models.organisations import Organisation
from ...models.paging import matching
from .records import ledger_entry, sites_of

UNITS_MAX = 50
COUNTED_MAX = 10_000


@dataclass(frozen=True)
class Asked:
    """What somebody looks for; empty fields ask for nothing. `place`: a site or (part of) a unit's name.

    `text`: a label, a batch, a number of a paper. Days are those of recording, both included.
    """

    type: str = ""
    place: str = ""
    author: str = ""
    text: str = ""
    since_on: date | None = None
    until_on: date | None = None
    held: bool = False
    cases: bool = False


def explore(
    session: Session, *, actor: Actor, asked: Asked, before_idx: int | None = None, limit: int = 50
) -> list[ledger.Entry]:
    """The entries that fit, newest first, below an index; of the sites that `ledger_page` shows."""
    actor.require("ledger.view")
    wanted = _filters(session, actor, asked)
    return (
        [] if wanted is None else inquiries.find_entries(session, wanted, before_idx=before_idx, limit=limit)
    )


def count_explored(session: Session, *, actor: Actor, asked: Asked) -> int:
    """How many fit; COUNTED_MAX + 1 means more than COUNTED_MAX."""
    actor.require("ledger.view")
    wanted = _filters(session, actor, asked)
    return 0 if wanted is None else inquiries.count_entries(session, wanted, most=COUNTED_MAX)


def _filters(session: Session, actor: Actor, asked: Asked) -> Filters | None:
    """The filters for the ledger; None: no place fits what was asked for."""
    own = sites_of(session, actor)
    places = _places(session, asked.place)
    if places is not None and not places:
        return None
    text = "".join(asked.text.split())
    since, until = asked.since_on, asked.until_on
    return Filters(
        type=asked.type,
        at_sites=places or (),
        author=asked.author,
        text=text,
        batches=_batches(session, text),
        since_at=calendar.at_time(since, 0) if since else None,
        until_at=calendar.at_time(until + timedelta(days=1), 0) if until else None,
        held=asked.held,
        cases=asked.cases,
        sites=None if own is None else tuple(sorted(own)),
    )


def _places(session: Session, text: str) -> tuple[str, ...] | None:
    """The sites that a text names; None for no text."""
    if not text:
        return None
    if ":" in text or text in ("service", "hub"):
        return (text,)
    query = select(Organisation).where(matching(text, Organisation.name, Organisation.code)).limit(UNITS_MAX)
    return tuple(unit.site for unit in session.scalars(query))


def _batches(session: Session, text: str) -> tuple[str, ...]:
    """The full keys of the batches with that number: it is unique per unit only."""
    if not text:
        return ()
    if "/" in text:
        return (text,)
    query = (
        select(Batch, Organisation)
        .join(Organisation, Organisation.id == Batch.enterprise_id)
        .where(Batch.batch_no == text)
        .limit(500)
    )
    return tuple(batch_key(firm, batch) for batch, firm in session.execute(query))


def types_present(session: Session, *, actor: Actor) -> list[str]:
    """The types of entries there are."""
    actor.require("ledger.view")
    return inquiries.types_present(session)


@dataclass(frozen=True)
class SealedEntry:
    """An entry with its seal: `proof` leads from its bytes to the root of a checkpoint of `size` entries.

    `proven`: it was recomputed just now. `witnesses`: who cosigned a checkpoint that covers it.
    """

    entry: ledger.Entry
    leaf: bytes
    size: int | None
    proof: tuple[bytes, ...]
    proven: bool
    witnesses: tuple[str, ...]


def sealed_entry(session: Session, *, actor: Actor, idx: int, policy: Policy) -> SealedEntry:
    """One entry with its proof. The raw bytes only of entries that are shown whole. Raises NotFound."""
    entry = ledger_entry(session, actor=actor, idx=idx)
    leaf = transparency.leaf_of(session, idx)
    whole = _shown_whole(session, actor, entry)
    vouched = inquiries.cosigned_sizes(session)
    names = {str(each.key): each.name for each in policy.witnesses}
    made = SealedEntry(
        entry,
        leaf if whole else b"",
        None,
        (),
        False,
        tuple(names.get(key, VerifierKey.parse(key).name) for key, size in vouched.items() if size > idx),
    )
    try:
        receipt = transparency.receipt(session, idx, policy)
    except transparency.NotSealedYet:
        return made
    except integrating.LedgerDamaged:
        covering = integrating.covering(session, idx)
        return replace(made, size=covering.size if covering else None)
    size = TreeHead.parse(receipt.note).size
    return replace(made, size=size, proof=tuple(receipt.proof), proven=True)


def _shown_whole(session: Session, actor: Actor, entry: ledger.Entry) -> bool:
    own = sites_of(session, actor)
    return own is None or entry.event.site in own
