"""The tables of the ledger and the only statements that write evidence.

SEALED tables take INSERT only (triggers.py, and by role on PostgreSQL); all others are projections: a pure
function of `ledger_entry` in index order, recomputed and compared by audit.verify.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wastehub.db import Base, BigKey, Grams


class EntryRow(Base):
    """One leaf. `idx` has no gaps; the other columns only repeat what the leaf says, for the queries."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("author", "aseq"),
        UniqueConstraint("site", "sseq"),
        CheckConstraint("length(leaf) <= 16384", name="leaf_bytes"),
        CheckConstraint("length(leaf_hash) = 32", name="leaf_hash_bytes"),
        Index("ix_ledger_entry_label_idx", "label", "idx"),
        Index("ix_ledger_entry_subject_idx", "subject", "idx"),
    )

    idx: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    event_id: Mapped[UUID] = mapped_column(unique=True)
    author: Mapped[str] = mapped_column(String(120))
    aseq: Mapped[int] = mapped_column(BigKey)
    site: Mapped[str] = mapped_column(String(120))
    sseq: Mapped[int] = mapped_column(BigKey)
    type: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(120))
    label: Mapped[str | None] = mapped_column(String(120))
    event_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class EntryLabelRow(Base):
    """Labels of an entry that names more than one (a single label stands in the entry itself)."""

    __tablename__ = "ledger_entry_label"
    __table_args__ = (Index("ix_ledger_entry_label_label_idx", "label", "idx"),)

    idx: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    label: Mapped[str] = mapped_column(String(120), primary_key=True)


class EntryBatchRow(Base):
    """Batches that an entry touches, by its lines or through the labels it names."""

    __tablename__ = "ledger_entry_batch"
    __table_args__ = (Index("ix_ledger_entry_batch_batch_idx", "batch", "idx"),)

    idx: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    batch: Mapped[str] = mapped_column(String(160), primary_key=True)


class EquivocationRow(Base):
    """The same event id with other content: kept as evidence, never an entry."""

    __tablename__ = "ledger_equivocation"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    event_id: Mapped[UUID] = mapped_column(index=True)
    author: Mapped[str] = mapped_column(String(120))
    event: Mapped[bytes] = mapped_column(LargeBinary)
    why: Mapped[str] = mapped_column(String(60))
    seen_at: Mapped[datetime]


class AuthorKeyRow(Base):
    """Public keys, valid from the index of their key.registered entry."""

    __tablename__ = "ledger_author_key"

    author: Mapped[str] = mapped_column(String(120), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    algorithm: Mapped[str] = mapped_column(String(20))
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    from_idx: Mapped[int] = mapped_column(BigKey)


class PostingRow(Base):
    """Grams from one account to another."""

    __tablename__ = "ledger_posting"
    __table_args__ = (
        CheckConstraint("mass_g > 0", name="mass_positive"),
        CheckConstraint("src <> dst", name="two_accounts"),
        Index("ix_ledger_posting_src_idx", "src", "idx"),
        Index("ix_ledger_posting_dst_idx", "dst", "idx"),
    )

    idx: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    src: Mapped[int] = mapped_column(BigKey)
    dst: Mapped[int] = mapped_column(BigKey)
    mass_g: Mapped[int] = mapped_column(Grams)


class HeadRow(Base):
    """Size and root of the log; locked for the tail of each appending transaction, which fixes the order."""

    __tablename__ = "ledger_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigKey)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    frontier: Mapped[bytes] = mapped_column(LargeBinary)


class AuthorHeadRow(Base):
    """Last sequence number of an author and the SHA-256 of that `ev`."""

    __tablename__ = "ledger_author_head"

    author: Mapped[str] = mapped_column(String(120), primary_key=True)
    aseq: Mapped[int] = mapped_column(BigKey)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class SiteHeadRow(Base):
    """Last sequence number of a site and the hash of that leaf."""

    __tablename__ = "ledger_site_head"

    site: Mapped[str] = mapped_column(String(120), primary_key=True)
    sseq: Mapped[int] = mapped_column(BigKey)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class PrivateBlobRow(Base):
    """Personal values behind the commitments of the leaves; salt and value can be erased."""

    __tablename__ = "ledger_private_blob"

    commitment: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    value: Mapped[str | None] = mapped_column(Text)


class AccountRow(Base):
    """An account is (kind, place, waste code, batch)."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        UniqueConstraint("batch", "kind", "place", "code"),
        Index("ix_ledger_account_place_kind", "place", "kind"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(8))
    place: Mapped[str] = mapped_column(String(120))
    code: Mapped[str] = mapped_column(String(20))
    batch: Mapped[str] = mapped_column(String(160))


class BalanceRow(Base):
    """What went into and out of an account so far."""

    __tablename__ = "ledger_balance"

    account: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    in_g: Mapped[int] = mapped_column(Grams)
    out_g: Mapped[int] = mapped_column(Grams)
    last_idx: Mapped[int] = mapped_column(BigKey)


class RollupRow(Base):
    """Balances summed over batches: what reports and maps read."""

    __tablename__ = "ledger_rollup"

    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    place: Mapped[str] = mapped_column(String(120), primary_key=True)
    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    in_g: Mapped[int] = mapped_column(Grams)
    out_g: Mapped[int] = mapped_column(Grams)


class OriginRow(Base):
    """Balances summed over the batches of one origin (the part of their names before "/"), by kind of account
    and of place (the part before ":"): where the waste of a firm is now. A row of 0 g is as good as none.
    """

    __tablename__ = "ledger_origin"

    origin: Mapped[str] = mapped_column(String(160), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    place_kind: Mapped[str] = mapped_column(String(120), primary_key=True)
    balance_g: Mapped[int] = mapped_column(Grams)


class LabelStateRow(Base):
    """Where a label is by the books. The row stays after the label is consumed: a label lives once."""

    __tablename__ = "ledger_label_state"
    __table_args__ = (
        Index("ix_ledger_label_state_place_kind", "place", "kind"),
        Index("ix_ledger_label_state_batch", "batch"),
    )

    label: Mapped[str] = mapped_column(String(120), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    place: Mapped[str] = mapped_column(String(120))
    code: Mapped[str] = mapped_column(String(20))
    batch: Mapped[str] = mapped_column(String(160))
    mass_g: Mapped[int] = mapped_column(Grams)
    basis: Mapped[str] = mapped_column(String(12))
    mass_event: Mapped[UUID]
    last_event: Mapped[UUID]
    last_idx: Mapped[int] = mapped_column(BigKey)
    memory: Mapped[str] = mapped_column(Text)


class HeldRow(Base):
    """Logged, not posted: the reason (a code of accounts.REASONS) and what exactly stood in the way.

    `need`: what it waits for ("label:..." or "event:..."), empty when nothing can help. `posted_idx`: the
    entry that brought it; the fact was posted with that entry, held from its own entry on until then.
    """

    __tablename__ = "ledger_held"
    __table_args__ = (Index("ix_ledger_held_need", "need"),)

    idx: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    reason: Mapped[str] = mapped_column(String(60))
    detail: Mapped[str] = mapped_column(Text)
    need: Mapped[str] = mapped_column(String(130))
    posted_idx: Mapped[int | None] = mapped_column(BigKey)


class DescentRow(Base):
    """Grams that a batch became of another one by repacking: `child` came out of `parent`."""

    __tablename__ = "ledger_descent"
    __table_args__ = (Index("ix_ledger_descent_parent", "parent"),)

    child: Mapped[str] = mapped_column(String(160), primary_key=True)
    parent: Mapped[str] = mapped_column(String(160), primary_key=True)
    mass_g: Mapped[int] = mapped_column(Grams)


class DiscrepancyRow(Base):
    """A difference beyond tolerance, open until somebody explains it. `mass_g` > 0: mass is missing."""

    __tablename__ = "ledger_discrepancy"
    __table_args__ = (Index("ix_ledger_discrepancy_closed_idx_place", "closed_idx", "place"),)

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    label: Mapped[str] = mapped_column(String(120), index=True)
    place: Mapped[str] = mapped_column(String(120))
    code: Mapped[str] = mapped_column(String(20))
    batch: Mapped[str] = mapped_column(String(160))
    mass_g: Mapped[int] = mapped_column(Grams)
    opened_idx: Mapped[int] = mapped_column(BigKey)
    closed_idx: Mapped[int | None] = mapped_column(BigKey)
    resolution: Mapped[str] = mapped_column(String(20))
    due_on: Mapped[date | None]


class TileRow(Base):
    """A full tile of 256 hashes and the root over them; it never changes. Partial tiles are not kept."""

    __tablename__ = "ledger_tile"
    __table_args__ = (
        CheckConstraint("length(root) = 32", name="root_bytes"),
        CheckConstraint("length(data) = 8192", name="data_bytes"),
    )

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    idx: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    # Before the data: a database that reads only roots never touches the long column.
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    data: Mapped[bytes] = mapped_column(LargeBinary(8192))


class CheckpointRow(Base):
    """A signed statement of size and root. Two integrators cannot both follow the same predecessor."""

    __tablename__ = "ledger_checkpoint"
    __table_args__ = (CheckConstraint("length(root) = 32", name="root_bytes"),)

    size: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    prev_size: Mapped[int] = mapped_column(BigKey, unique=True)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class CosignatureRow(Base):
    """The line that a witness put under a checkpoint. `witness`: its verifier key in written form."""

    __tablename__ = "ledger_cosignature"

    size: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    witness: Mapped[str] = mapped_column(String(300), primary_key=True)
    line: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class ProjectorRow(Base):
    """There is one row while the projector stands still, none while it runs.

    From entry `first_waiting_idx` on facts are logged and not posted. `scope`, `problem_*`: what was found.
    """

    __tablename__ = "ledger_projector"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first_waiting_idx: Mapped[int] = mapped_column(BigKey)
    scope: Mapped[str] = mapped_column(String(8))
    problem_idx: Mapped[int] = mapped_column(BigKey)
    problem_kind: Mapped[str] = mapped_column(String(60))
    problem_detail: Mapped[str] = mapped_column(Text)
    stopped_at: Mapped[datetime]


class ReconciliationRow(Base):
    """The last run of each reconciliation. `upto_idx`: entries the log had; `problems` 0: all fits."""

    __tablename__ = "ledger_reconciliation"

    scope: Mapped[str] = mapped_column(String(8), primary_key=True)
    ran_at: Mapped[datetime]
    took_ms: Mapped[int]
    entries: Mapped[int] = mapped_column(BigKey)
    upto_idx: Mapped[int] = mapped_column(BigKey)
    problems: Mapped[int]
    problem_idx: Mapped[int] = mapped_column(BigKey)
    problem_kind: Mapped[str] = mapped_column(String(60))
    problem_detail: Mapped[str] = mapped_column(Text)


SEALED = (
    EntryRow,
    EntryLabelRow,
    EntryBatchRow,
    PostingRow,
    EquivocationRow,
    AuthorKeyRow,
    TileRow,
    CheckpointRow,
    CosignatureRow,
)
