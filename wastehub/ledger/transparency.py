"""What holds an installation to its word: log keys, anchor, witnesses; and what it does with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from wastehub.config import Settings
from wastehub.db import Database

from . import integrating, policies, proofs, sealing, signing, stored_tiles, tree, witnessing
from .anchor import Anchor, Refusal, WitnessState
from .appending import KEY_REVOKED, SERVICE_AUTHOR, SERVICE_SITE, append
from .events import Event
from .integrating import Checkpoint
from .notes import LogSigner, VerifierKey
from .policies import NO_WITNESSES, Policy
from .receipts import Receipt
from .store import AuthorKeyRow, EntryRow

# How many checkpoints are looked through for one with a quorum.
LOOK_BACK = 50
# Damage stops the signing, not the facts: what happens must still be written down.
FORBIDS_WRITING = frozenset(
    {
        "ledger.rolled_back",
        "ledger.forked",
        "ledger.anchor_missing",
        "ledger.witness_ahead",
        "ledger.witness_disagrees",
    }
)


@dataclass(frozen=True, slots=True)
class Transparency:
    """Log keys (the first one names the log), anchor, and the policy with the witnesses that are asked."""

    log_signers: Sequence[LogSigner]
    anchor: Anchor
    policy: Policy

    @classmethod
    def of(cls, settings: Settings) -> Transparency:
        """Reads the key files and makes the first one if it is missing.

        Raises signing.BadKeyFile, policies.BadPolicy, FileNotFoundError.
        """
        first, *others = settings.log_key_paths
        signers = [signing.load_or_create(first), *map(signing.load, others)]
        return cls(
            [LogSigner(settings.log_origin, each) for each in signers],
            Anchor(settings.anchor_path),
            policy_of(settings),
        )

    def check_at_start(self, database: Database, *, now: datetime) -> dict[str, Refusal]:
        """Compare database, anchor and witnesses; what stands against writing, by its source."""
        sealing.check(database, self.anchor)
        witnessing.check_at_start(database, self.policy, self.anchor, now=now)
        return self.anchor.refusals()

    def seal(self, database: Database, *, now: datetime) -> Checkpoint | None:
        """A checkpoint over what is committed, if there is something new. Raises sealing.Refused.

        A key that signs for the first time is entered in the log first.
        """
        self._announce_keys(database, now)
        return sealing.seal(database, self.log_signers, self.anchor, now=now)

    def ask_witnesses(self, database: Database, *, now: datetime) -> dict[str, WitnessState]:
        """Show the newest checkpoint to those who have not cosigned it."""
        return witnessing.ask_all(database, self.policy, self.anchor, now=now)

    def _announce_keys(self, database: Database, now: datetime) -> None:
        with database.reading() as session:
            if not integrating.is_behind(session):
                return
            missing = [each for each in self.log_signers if not log_key_known(session, each.key)]
        if missing:
            with database.transaction() as session:
                append(session, [log_key_event("log_key.added", each.key, now) for each in missing], now=now)

    def policy_text(self) -> str:
        """The trust policy as an auditor keeps it: this log's keys and the witnesses with their quorum."""
        lines = [f"log {signer.key}" for signer in self.log_signers]
        lines += [f"witness {each.name} {each.key}" for each in self.policy.witnesses]
        for group in self.policy.groups.values():
            lines.append(f"group {group.name} {group.threshold} {' '.join(group.members)}")
        return "\n".join([*lines, f"quorum {self.policy.quorum}"]) + "\n"


def policy_of(settings: Settings) -> Policy:
    """The witnesses of an installation; none without a file. Raises policies.BadPolicy."""
    if settings.witnesses_path is None:
        return NO_WITNESSES
    try:
        return policies.parse(settings.witnesses_path.read_bytes())
    except (OSError, policies.BadPolicy) as error:
        raise policies.BadPolicy(f"WASTEHUB_WITNESSES {settings.witnesses_path}: {error}") from error


def writing_refused(anchor: Anchor) -> Refusal | None:
    """Why nothing may be written at present, if so."""
    found = [each for each in anchor.refusals().values() if each.code in FORBIDS_WRITING]
    return found[0] if found else None


def log_key_event(type: str, key: VerifierKey, now: datetime, reason: str = "") -> Event:
    """log_key.added or log_key.retired."""
    facts = {"vkey": str(key)} | ({"reason": reason} if reason else {})
    return Event(type, SERVICE_AUTHOR, SERVICE_SITE, now, subject=_subject(key), facts=facts)


def log_key_known(session: Session, key: VerifierKey) -> bool:
    """Whether the log says that the key signs it, or signed it once."""
    statement = select(EntryRow.idx).where(
        EntryRow.type == "log_key.added", EntryRow.subject == _subject(key)
    )
    return session.scalars(statement.limit(1)).first() is not None


def _subject(key: VerifierKey) -> str:
    """Key name and id: what fits the column beside the leaf."""
    return f"{key.name}+{key.id.hex()}"


@dataclass(frozen=True, slots=True)
class AuthorKey:
    """A key that signs entries, valid from its index on until it is revoked."""

    key_id: str
    from_idx: int
    revoked: bool


def author_keys(session: Session) -> list[AuthorKey]:
    """The service's keys, oldest first."""
    revoked = set(session.scalars(select(EntryRow.subject).where(EntryRow.type == KEY_REVOKED)))
    rows = session.execute(select(AuthorKeyRow.key_id, AuthorKeyRow.from_idx).order_by(AuthorKeyRow.from_idx))
    return [AuthorKey(row.key_id, row.from_idx, row.key_id in revoked) for row in rows]


def index_of(session: Session, event_id: UUID) -> int | None:
    """Where the entry with that event id stands."""
    return session.scalar(select(EntryRow.idx).where(EntryRow.event_id == event_id))


def leaf_of(session: Session, idx: int) -> bytes:
    """The entry's bytes. Raises LookupError for one that is not there."""
    leaf = session.scalar(select(EntryRow.leaf).where(EntryRow.idx == idx))
    if leaf is None:
        raise LookupError(f"no entry {idx}")
    return bytes(leaf)


class NotSealedYet(LookupError):
    """No checkpoint covers the entry so far: it takes a few seconds."""


def receipt(session: Session, idx: int, policy: Policy = NO_WITNESSES) -> Receipt:
    """The proof that the entry stands in the log, checked before it is handed out.

    Under the newest checkpoint whose witnesses make the policy's quorum, while there is none under the
    newest one. Raises LookupError for an entry that is not there, NotSealedYet, integrating.LedgerDamaged.
    """
    leaf = leaf_of(session, idx)
    made = _best_checkpoint(session, idx, policy)
    with integrating.whole():
        proof = proofs.inclusion(idx, made.size, stored_tiles.reader(session, made.size))
    if not proofs.proves_inclusion(
        index=idx, size=made.size, leaf_hash=tree.leaf_hash(leaf), proof=proof, root=made.root
    ):
        raise integrating.LedgerDamaged(f"the tiles do not lead from entry {idx} to the signed root")
    return Receipt(idx, tuple(proof), integrating.cosigned(session, made.size))


def _best_checkpoint(session: Session, idx: int, policy: Policy) -> Checkpoint:
    made = integrating.history(session, limit=LOOK_BACK, down_to=idx + 1)
    if not made:
        raise NotSealedYet(f"entry {idx} is not covered yet")
    signed: dict[int, set[VerifierKey]] = {}
    for each in integrating.cosignatures(session, [checkpoint.size for checkpoint in made]):
        signed.setdefault(each.size, set()).add(VerifierKey.parse(each.witness))
    reached = (checkpoint for checkpoint in made if policy.reached(signed.get(checkpoint.size, set())))
    return next(reached, made[0])
