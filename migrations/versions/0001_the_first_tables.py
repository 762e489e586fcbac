"""The first tables."""

import sqlalchemy as sa
from alembic import op

import wastehub.db
from wastehub.ledger import triggers

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "container_types",
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("material_zh", sa.String(length=40), nullable=False),
        sa.Column("material_en", sa.String(length=60), nullable=False),
        sa.Column("volume_l", sa.Integer(), nullable=False),
        sa.Column("tare_g", sa.BigInteger(), nullable=False),
        sa.Column("payload_max_g", sa.BigInteger(), nullable=False),
        sa.Column("floor_places_milli", sa.Integer(), nullable=False),
        sa.Column("takes_liquid", sa.Boolean(), nullable=False),
        sa.Column("effective_from_on", sa.Date(), nullable=False),
        sa.Column("effective_until_on", sa.Date(), nullable=True),
        sa.Column("certainty", sa.String(length=1), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_container_types")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("location", sa.String(length=300), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("answered_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "industries",
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("gb_t_4754", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_industries")),
    )
    op.create_table(
        "installation",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("set_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_installation")),
    )
    op.create_table(
        "ledger_account",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("batch", sa.String(length=160), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_account")),
        sa.UniqueConstraint(
            "batch", "kind", "place", "code", name=op.f("uq_ledger_account_batch_kind_place_code")
        ),
    )
    with op.batch_alter_table("ledger_account", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_account_place_kind", ["place", "kind"], unique=False)

    op.create_table(
        "ledger_author_head",
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("aseq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("author", name=op.f("pk_ledger_author_head")),
    )
    op.create_table(
        "ledger_author_key",
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("algorithm", sa.String(length=20), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("from_idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("author", "key_id", name=op.f("pk_ledger_author_key")),
    )
    op.create_table(
        "ledger_balance",
        sa.Column(
            "account",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("in_g", sa.BigInteger(), nullable=False),
        sa.Column("out_g", sa.BigInteger(), nullable=False),
        sa.Column("last_idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_ledger_balance")),
    )
    op.create_table(
        "ledger_discrepancy",
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("batch", sa.String(length=160), nullable=False),
        sa.Column("mass_g", sa.BigInteger(), nullable=False),
        sa.Column("opened_idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("closed_idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("resolution", sa.String(length=20), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_ledger_discrepancy")),
    )
    with op.batch_alter_table("ledger_discrepancy", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_discrepancy_closed_idx_place", ["closed_idx", "place"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_discrepancy_label"), ["label"], unique=False)

    op.create_table(
        "ledger_entry",
        sa.Column(
            "idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("aseq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site", sa.String(length=120), nullable=False),
        sa.Column("sseq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=True),
        sa.Column("event_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("length(leaf) <= 16384", name=op.f("ck_ledger_entry_leaf_bytes")),
        sa.CheckConstraint("length(leaf_hash) = 32", name=op.f("ck_ledger_entry_leaf_hash_bytes")),
        sa.PrimaryKeyConstraint("idx", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("author", "aseq", name=op.f("uq_ledger_entry_author_aseq")),
        sa.UniqueConstraint("event_id", name=op.f("uq_ledger_entry_event_id")),
        sa.UniqueConstraint("site", "sseq", name=op.f("uq_ledger_entry_site_sseq")),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_entry_label_idx", ["label", "idx"], unique=False)
        batch_op.create_index("ix_ledger_entry_subject_idx", ["subject", "idx"], unique=False)

    op.create_table(
        "ledger_entry_batch",
        sa.Column(
            "idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("batch", sa.String(length=160), nullable=False),
        sa.PrimaryKeyConstraint("idx", "batch", name=op.f("pk_ledger_entry_batch")),
    )
    with op.batch_alter_table("ledger_entry_batch", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_entry_batch_batch_idx", ["batch", "idx"], unique=False)

    op.create_table(
        "ledger_entry_label",
        sa.Column(
            "idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("idx", "label", name=op.f("pk_ledger_entry_label")),
    )
    with op.batch_alter_table("ledger_entry_label", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_entry_label_label_idx", ["label", "idx"], unique=False)

    op.create_table(
        "ledger_equivocation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("event", sa.LargeBinary(), nullable=False),
        sa.Column("why", sa.String(length=60), nullable=False),
        sa.Column("seen_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_equivocation")),
    )
    with op.batch_alter_table("ledger_equivocation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_equivocation_event_id"), ["event_id"], unique=False)

    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_head")),
    )
    op.create_table(
        "ledger_held",
        sa.Column(
            "idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("idx", name=op.f("pk_ledger_held")),
    )
    op.create_table(
        "ledger_label_state",
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("batch", sa.String(length=160), nullable=False),
        sa.Column("mass_g", sa.BigInteger(), nullable=False),
        sa.Column("basis", sa.String(length=12), nullable=False),
        sa.Column("mass_event", sa.Uuid(), nullable=False),
        sa.Column("last_event", sa.Uuid(), nullable=False),
        sa.Column("last_idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("memory", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("label", name=op.f("pk_ledger_label_state")),
    )
    with op.batch_alter_table("ledger_label_state", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_label_state_batch", ["batch"], unique=False)
        batch_op.create_index("ix_ledger_label_state_place_kind", ["place", "kind"], unique=False)

    op.create_table(
        "ledger_posting",
        sa.Column(
            "idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("src", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dst", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mass_g", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("mass_g > 0", name=op.f("ck_ledger_posting_mass_positive")),
        sa.CheckConstraint("src <> dst", name=op.f("ck_ledger_posting_two_accounts")),
        sa.PrimaryKeyConstraint("idx", "line", name=op.f("pk_ledger_posting")),
    )
    with op.batch_alter_table("ledger_posting", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_posting_dst_idx", ["dst", "idx"], unique=False)
        batch_op.create_index("ix_ledger_posting_src_idx", ["src", "idx"], unique=False)

    op.create_table(
        "ledger_private_blob",
        sa.Column("commitment", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("commitment", name=op.f("pk_ledger_private_blob")),
    )
    op.create_table(
        "ledger_rollup",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("in_g", sa.BigInteger(), nullable=False),
        sa.Column("out_g", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "place", "code", name=op.f("pk_ledger_rollup")),
    )
    op.create_table(
        "ledger_site_head",
        sa.Column("site", sa.String(length=120), nullable=False),
        sa.Column("sseq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_ledger_site_head")),
    )
    op.create_table(
        "legal_limits",
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("effective_from_on", sa.Date(), nullable=False),
        sa.Column("effective_until_on", sa.Date(), nullable=True),
        sa.Column("value_int", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=13), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("certainty", sa.String(length=1), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", "effective_from_on", name=op.f("pk_legal_limits")),
    )
    op.create_table(
        "method_codes",
        sa.Column("code", sa.String(length=4), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=160), nullable=False),
        sa.Column("certainty", sa.String(length=1), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_method_codes")),
    )
    op.create_table(
        "number_series",
        sa.Column("series", sa.String(length=120), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_number_series")),
    )
    op.create_table(
        "regions",
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("province_code", sa.String(length=2), nullable=False),
        sa.Column("city_code", sa.String(length=2), nullable=False),
        sa.Column("map_credit_zh", sa.Text(), nullable=False),
        sa.Column("map_credit_en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_regions")),
    )
    op.create_table(
        "route_plans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_no", sa.String(length=24), nullable=False),
        sa.Column("service_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("engine", sa.String(length=24), nullable=False),
        sa.Column("engine_version", sa.String(length=40), nullable=False),
        sa.Column("problem_digest", sa.String(length=64), nullable=False),
        sa.Column("problem", sa.JSON(), nullable=False),
        sa.Column("solution", sa.JSON(), nullable=False),
        sa.Column("stops_planned", sa.Integer(), nullable=False),
        sa.Column("stops_unassigned", sa.Integer(), nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=False),
        sa.Column("drive_s", sa.Integer(), nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("drafted_by", sa.String(length=60), nullable=False),
        sa.Column("drafted_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=60), nullable=False),
        sa.Column("decided_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_route_plans")),
        sa.UniqueConstraint("plan_no", name=op.f("uq_route_plans_plan_no")),
    )
    with op.batch_alter_table("route_plans", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_route_plans_service_on"), ["service_on"], unique=False)

    op.create_table(
        "segregation_groups",
        sa.Column("code", sa.String(length=3), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("description_zh", sa.Text(), nullable=False),
        sa.Column("description_en", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_segregation_groups")),
        sa.UniqueConstraint("position", name=op.f("uq_segregation_groups_position")),
    )
    op.create_table(
        "waste_categories",
        sa.Column("code", sa.String(length=4), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("edition", sa.String(length=10), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_waste_categories")),
    )
    op.create_table(
        "areas",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("region_code", sa.String(length=30), nullable=False),
        sa.Column("parent_code", sa.String(length=12), nullable=True),
        sa.Column("level", sa.String(length=6), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("lon_e6", sa.Integer(), nullable=False),
        sa.Column("lat_e6", sa.Integer(), nullable=False),
        sa.Column("industrial_weight_ppm", sa.Integer(), nullable=False),
        sa.Column("certainty", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["parent_code"], ["areas.code"], name=op.f("fk_areas_parent_code_areas")),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name=op.f("fk_areas_region_code_regions")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_areas")),
    )
    with op.batch_alter_table("areas", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_areas_parent_code"), ["parent_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_areas_region_code"), ["region_code"], unique=False)

    op.create_table(
        "planning_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("budget_s", sa.Integer(), nullable=True),
        sa.Column("budget_iterations", sa.Integer(), nullable=True),
        sa.Column("requested_by", sa.String(length=60), nullable=False),
        sa.Column("requested_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lease_until_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("heartbeat_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("progress_permille", sa.Integer(), nullable=False),
        sa.Column("progress_assigned", sa.Integer(), nullable=False),
        sa.Column("progress_total", sa.Integer(), nullable=False),
        sa.Column("progress_cost_fen", sa.BigInteger(), nullable=True),
        sa.Column("input_digest", sa.String(length=64), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("finished_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("plan_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["route_plans.id"], name=op.f("fk_planning_runs_plan_id_route_plans")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planning_runs")),
    )
    with op.batch_alter_table("planning_runs", schema=None) as batch_op:
        batch_op.create_index("ix_planning_runs_state", ["state"], unique=False)

    op.create_table(
        "segregation_pairs",
        sa.Column("group_a", sa.String(length=3), nullable=False),
        sa.Column("group_b", sa.String(length=3), nullable=False),
        sa.Column("relation", sa.String(length=1), nullable=False),
        sa.Column("reason_zh", sa.Text(), nullable=False),
        sa.Column("reason_en", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_a"],
            ["segregation_groups.code"],
            name=op.f("fk_segregation_pairs_group_a_segregation_groups"),
        ),
        sa.ForeignKeyConstraint(
            ["group_b"],
            ["segregation_groups.code"],
            name=op.f("fk_segregation_pairs_group_b_segregation_groups"),
        ),
        sa.PrimaryKeyConstraint("group_a", "group_b", name=op.f("pk_segregation_pairs")),
    )
    op.create_table(
        "tariffs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("region_code", sa.String(length=30), nullable=False),
        sa.Column("category_code", sa.String(length=4), nullable=False),
        sa.Column("price_fen_per_kg", sa.Integer(), nullable=False),
        sa.Column("minimum_fen", sa.Integer(), nullable=False),
        sa.Column("effective_from_on", sa.Date(), nullable=False),
        sa.Column("effective_until_on", sa.Date(), nullable=True),
        sa.Column("certainty", sa.String(length=1), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_code"],
            ["waste_categories.code"],
            name=op.f("fk_tariffs_category_code_waste_categories"),
        ),
        sa.ForeignKeyConstraint(
            ["region_code"], ["regions.code"], name=op.f("fk_tariffs_region_code_regions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariffs")),
        sa.UniqueConstraint(
            "region_code",
            "category_code",
            "effective_from_on",
            name=op.f("uq_tariffs_region_code_category_code_effective_from_on"),
        ),
    )
    op.create_table(
        "waste_codes",
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("category_code", sa.String(length=4), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=160), nullable=False),
        sa.Column("industry_zh", sa.String(length=60), nullable=False),
        sa.Column("hazards", sa.String(length=20), nullable=False),
        sa.Column("typical_form", sa.String(length=12), nullable=False),
        sa.Column("micro", sa.Boolean(), nullable=False),
        sa.Column("edition", sa.String(length=10), nullable=False),
        sa.Column("effective_from_on", sa.Date(), nullable=False),
        sa.Column("effective_until_on", sa.Date(), nullable=True),
        sa.Column("unverified_against_2025", sa.Boolean(), nullable=False),
        sa.Column("group_code", sa.String(length=3), nullable=True),
        sa.Column("group_excludes_liquid", sa.Boolean(), nullable=False),
        sa.Column("group_reason_zh", sa.Text(), nullable=False),
        sa.Column("group_reason_en", sa.Text(), nullable=False),
        sa.Column("group_source", sa.Text(), nullable=False),
        sa.Column("aliases_zh", sa.String(length=120), nullable=False),
        sa.Column("search_text", sa.String(length=200), nullable=False),
        sa.Column("pinyin_initials", sa.String(length=160), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_code"],
            ["waste_categories.code"],
            name=op.f("fk_waste_codes_category_code_waste_categories"),
        ),
        sa.ForeignKeyConstraint(
            ["group_code"],
            ["segregation_groups.code"],
            name=op.f("fk_waste_codes_group_code_segregation_groups"),
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_waste_codes")),
    )
    with op.batch_alter_table("waste_codes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_waste_codes_category_code"), ["category_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_waste_codes_group_code"), ["group_code"], unique=False)

    op.create_table(
        "organisations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("short_name", sa.String(length=60), nullable=False),
        sa.Column("county_code", sa.String(length=12), nullable=True),
        sa.Column("town_code", sa.String(length=12), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("lon_e6", sa.Integer(), nullable=False),
        sa.Column("lat_e6", sa.Integer(), nullable=False),
        sa.Column("industry", sa.String(length=40), nullable=False),
        sa.Column("industry_zh", sa.String(length=60), nullable=False),
        sa.Column("management_class", sa.String(length=16), nullable=False),
        sa.Column("storage_kind", sa.String(length=12), nullable=False),
        sa.Column("contact_name", sa.String(length=40), nullable=False),
        sa.Column("contact_phone", sa.String(length=30), nullable=False),
        sa.Column("emergency_phone", sa.String(length=30), nullable=False),
        sa.Column("open_s", sa.Integer(), nullable=False),
        sa.Column("close_s", sa.Integer(), nullable=False),
        sa.Column("storage_capacity_g", sa.BigInteger(), nullable=True),
        sa.Column("annual_quota_g", sa.BigInteger(), nullable=True),
        sa.Column("process_zh", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("demo_flows", sa.Boolean(), nullable=False),
        sa.Column("enrolled_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["county_code"], ["areas.code"], name=op.f("fk_organisations_county_code_areas")
        ),
        sa.ForeignKeyConstraint(["town_code"], ["areas.code"], name=op.f("fk_organisations_town_code_areas")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("code", name=op.f("uq_organisations_code")),
    )
    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.create_index("ix_organisations_kind_county_code", ["kind", "county_code"], unique=False)

    op.create_table(
        "batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("batch_no", sa.String(length=20), nullable=False),
        sa.Column("waste_code", sa.String(length=10), nullable=False),
        sa.Column("catalogue_edition", sa.String(length=8), nullable=False),
        sa.Column("internal_name", sa.String(length=60), nullable=False),
        sa.Column("form", sa.String(length=12), nullable=False),
        sa.Column("hazards", sa.String(length=16), nullable=False),
        sa.Column("main_components", sa.String(length=120), nullable=False),
        sa.Column("harmful_components", sa.String(length=120), nullable=False),
        sa.Column("basis", sa.String(length=10), nullable=False),
        sa.Column("produced_on", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("registered_by", sa.String(length=60), nullable=False),
        sa.Column("registered_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["organisations.id"], name=op.f("fk_batches_enterprise_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["waste_code"], ["waste_codes.code"], name=op.f("fk_batches_waste_code_waste_codes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sa.UniqueConstraint("enterprise_id", "batch_no", name=op.f("uq_batches_enterprise_id_batch_no")),
    )
    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_batches_enterprise_id"), ["enterprise_id"], unique=False)

    op.create_table(
        "contracts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from_on", sa.Date(), nullable=False),
        sa.Column("valid_until_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("created_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["organisations.id"], name=op.f("fk_contracts_enterprise_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["organisations.id"], name=op.f("fk_contracts_platform_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contracts")),
        sa.UniqueConstraint("number", name=op.f("uq_contracts_number")),
    )
    with op.batch_alter_table("contracts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contracts_enterprise_id"), ["enterprise_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_contracts_platform_id"), ["platform_id"], unique=False)

    op.create_table(
        "management_plans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("filing_no", sa.String(length=40), nullable=False),
        sa.Column("registered_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["organisations.id"],
            name=op.f("fk_management_plans_enterprise_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_management_plans")),
        sa.UniqueConstraint("enterprise_id", "year", name=op.f("uq_management_plans_enterprise_id_year")),
    )
    op.create_table(
        "permits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("valid_from_on", sa.Date(), nullable=False),
        sa.Column("valid_until_on", sa.Date(), nullable=False),
        sa.Column("annual_quota_g", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_permits_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permits")),
        sa.UniqueConstraint("number", name=op.f("uq_permits_number")),
    )
    with op.batch_alter_table("permits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_permits_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "plant_methods",
        sa.Column("plant_id", sa.Uuid(), nullable=False),
        sa.Column("covers", sa.String(length=10), nullable=False),
        sa.Column("method_code", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(
            ["method_code"], ["method_codes.code"], name=op.f("fk_plant_methods_method_code_method_codes")
        ),
        sa.ForeignKeyConstraint(
            ["plant_id"], ["organisations.id"], name=op.f("fk_plant_methods_plant_id_organisations")
        ),
        sa.PrimaryKeyConstraint("plant_id", "covers", name=op.f("pk_plant_methods")),
    )
    op.create_table(
        "platform_counties",
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("county_code", sa.String(length=12), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["county_code"], ["areas.code"], name=op.f("fk_platform_counties_county_code_areas")
        ),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["organisations.id"], name=op.f("fk_platform_counties_platform_id_organisations")
        ),
        sa.PrimaryKeyConstraint("platform_id", "county_code", name=op.f("pk_platform_counties")),
    )
    op.create_table(
        "treatments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("treatment_no", sa.String(length=24), nullable=False),
        sa.Column("plant_id", sa.Uuid(), nullable=False),
        sa.Column("method_code", sa.String(length=4), nullable=False),
        sa.Column("mass_g", sa.BigInteger(), nullable=False),
        sa.Column("containers", sa.Integer(), nullable=False),
        sa.Column("treated_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("operator", sa.String(length=60), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["method_code"], ["method_codes.code"], name=op.f("fk_treatments_method_code_method_codes")
        ),
        sa.ForeignKeyConstraint(
            ["plant_id"], ["organisations.id"], name=op.f("fk_treatments_plant_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_treatments")),
        sa.UniqueConstraint("plant_id", "treatment_no", name=op.f("uq_treatments_plant_id_treatment_no")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(length=60), nullable=False),
        sa.Column("display_name", sa.String(length=60), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("county_code", sa.String(length=12), nullable=True),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("failed_logins", sa.Integer(), nullable=False),
        sa.Column("locked_until_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["county_code"], ["areas.code"], name=op.f("fk_users_county_code_areas")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_users_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("login", name=op.f("uq_users_login")),
    )
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_users_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "vehicles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("plate", sa.String(length=16), nullable=False),
        sa.Column("use", sa.String(length=12), nullable=False),
        sa.Column("kind_zh", sa.String(length=40), nullable=False),
        sa.Column("kind_en", sa.String(length=40), nullable=False),
        sa.Column("capacity_g", sa.BigInteger(), nullable=False),
        sa.Column("volume_l", sa.Integer(), nullable=False),
        sa.Column("places_milli", sa.Integer(), nullable=False),
        sa.Column("partitioned", sa.Boolean(), nullable=False),
        sa.Column("permit_number", sa.String(length=40), nullable=False),
        sa.Column("permit_valid_until_on", sa.Date(), nullable=False),
        sa.Column("fixed_cost_fen", sa.Integer(), nullable=False),
        sa.Column("cost_per_km_fen", sa.Integer(), nullable=False),
        sa.Column("cost_per_h_fen", sa.Integer(), nullable=False),
        sa.Column("shift_start_s", sa.Integer(), nullable=False),
        sa.Column("shift_end_s", sa.Integer(), nullable=False),
        sa.Column("shift_max_s", sa.Integer(), nullable=False),
        sa.Column("trips_max", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["organisations.id"], name=op.f("fk_vehicles_platform_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicles")),
        sa.UniqueConstraint("plate", name=op.f("uq_vehicles_plate")),
    )
    with op.batch_alter_table("vehicles", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vehicles_platform_id"), ["platform_id"], unique=False)

    op.create_table(
        "zones",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=60), nullable=False),
        sa.Column("capacity_g", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_zones_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zones")),
        sa.UniqueConstraint("organisation_id", "code", name=op.f("uq_zones_organisation_id_code")),
    )
    op.create_table(
        "crew_members",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("certificate_no", sa.String(length=40), nullable=False),
        sa.Column("certificate_valid_until_on", sa.Date(), nullable=False),
        sa.Column("vehicle_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["organisations.id"], name=op.f("fk_crew_members_platform_id_organisations")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_crew_members_user_id_users")),
        sa.ForeignKeyConstraint(
            ["vehicle_id"], ["vehicles.id"], name=op.f("fk_crew_members_vehicle_id_vehicles")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crew_members")),
        sa.UniqueConstraint("certificate_no", name=op.f("uq_crew_members_certificate_no")),
        sa.UniqueConstraint("user_id", name=op.f("uq_crew_members_user_id")),
    )
    with op.batch_alter_table("crew_members", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_crew_members_platform_id"), ["platform_id"], unique=False)

    op.create_table(
        "permit_categories",
        sa.Column("permit_id", sa.Uuid(), nullable=False),
        sa.Column("covers", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["permit_id"], ["permits.id"], name=op.f("fk_permit_categories_permit_id_permits")
        ),
        sa.PrimaryKeyConstraint("permit_id", "covers", name=op.f("pk_permit_categories")),
    )
    op.create_table(
        "photos",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=20), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column("uploaded_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["uploaded_by"], ["users.id"], name=op.f("fk_photos_uploaded_by_users")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_photos")),
    )
    op.create_table(
        "pickup_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_no", sa.String(length=24), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("ready_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("closed_reason", sa.String(length=40), nullable=False),
        sa.Column("placed_by", sa.String(length=60), nullable=False),
        sa.Column("placed_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_pickup_requests_contract_id_contracts")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["organisations.id"],
            name=op.f("fk_pickup_requests_enterprise_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["organisations.id"], name=op.f("fk_pickup_requests_platform_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pickup_requests")),
        sa.UniqueConstraint("request_no", name=op.f("uq_pickup_requests_request_no")),
    )
    with op.batch_alter_table("pickup_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pickup_requests_enterprise_id"), ["enterprise_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pickup_requests_platform_id"), ["platform_id"], unique=False)
        batch_op.create_index("ix_pickup_requests_state_due_on", ["state", "due_on"], unique=False)

    op.create_table(
        "plan_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("waste_code", sa.String(length=10), nullable=False),
        sa.Column("internal_name", sa.String(length=60), nullable=False),
        sa.Column("planned_g", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["management_plans.id"], name=op.f("fk_plan_lines_plan_id_management_plans")
        ),
        sa.ForeignKeyConstraint(
            ["waste_code"], ["waste_codes.code"], name=op.f("fk_plan_lines_waste_code_waste_codes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_lines")),
        sa.UniqueConstraint("plan_id", "waste_code", name=op.f("uq_plan_lines_plan_id_waste_code")),
    )
    op.create_table(
        "vehicle_categories",
        sa.Column("vehicle_id", sa.Uuid(), nullable=False),
        sa.Column("category_code", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_code"],
            ["waste_categories.code"],
            name=op.f("fk_vehicle_categories_category_code_waste_categories"),
        ),
        sa.ForeignKeyConstraint(
            ["vehicle_id"], ["vehicles.id"], name=op.f("fk_vehicle_categories_vehicle_id_vehicles")
        ),
        sa.PrimaryKeyConstraint("vehicle_id", "category_code", name=op.f("pk_vehicle_categories")),
    )
    op.create_table(
        "zone_groups",
        sa.Column("zone_id", sa.Uuid(), nullable=False),
        sa.Column("group_code", sa.String(length=3), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_code"],
            ["segregation_groups.code"],
            name=op.f("fk_zone_groups_group_code_segregation_groups"),
        ),
        sa.ForeignKeyConstraint(["zone_id"], ["zones.id"], name=op.f("fk_zone_groups_zone_id_zones")),
        sa.PrimaryKeyConstraint("zone_id", "group_code", name=op.f("pk_zone_groups")),
    )
    op.create_table(
        "zone_neighbours",
        sa.Column("zone_a_id", sa.Uuid(), nullable=False),
        sa.Column("zone_b_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["zone_a_id"], ["zones.id"], name=op.f("fk_zone_neighbours_zone_a_id_zones")),
        sa.ForeignKeyConstraint(["zone_b_id"], ["zones.id"], name=op.f("fk_zone_neighbours_zone_b_id_zones")),
        sa.PrimaryKeyConstraint("zone_a_id", "zone_b_id", name=op.f("pk_zone_neighbours")),
    )
    op.create_table(
        "lots",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lot_no", sa.String(length=20), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("plant_id", sa.Uuid(), nullable=False),
        sa.Column("waste_code", sa.String(length=10), nullable=False),
        sa.Column("planned_method", sa.String(length=4), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("vehicle_id", sa.Uuid(), nullable=True),
        sa.Column("driver_id", sa.Uuid(), nullable=True),
        sa.Column("escort_id", sa.Uuid(), nullable=True),
        sa.Column("opened_by", sa.String(length=60), nullable=False),
        sa.Column("opened_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("shipped_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("received_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["driver_id"], ["crew_members.id"], name=op.f("fk_lots_driver_id_crew_members")
        ),
        sa.ForeignKeyConstraint(
            ["escort_id"], ["crew_members.id"], name=op.f("fk_lots_escort_id_crew_members")
        ),
        sa.ForeignKeyConstraint(
            ["planned_method"], ["method_codes.code"], name=op.f("fk_lots_planned_method_method_codes")
        ),
        sa.ForeignKeyConstraint(
            ["plant_id"], ["organisations.id"], name=op.f("fk_lots_plant_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["organisations.id"], name=op.f("fk_lots_platform_id_organisations")
        ),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicles.id"], name=op.f("fk_lots_vehicle_id_vehicles")),
        sa.ForeignKeyConstraint(
            ["waste_code"], ["waste_codes.code"], name=op.f("fk_lots_waste_code_waste_codes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lots")),
        sa.UniqueConstraint("platform_id", "lot_no", name=op.f("uq_lots_platform_id_lot_no")),
    )
    with op.batch_alter_table("lots", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lots_plant_id"), ["plant_id"], unique=False)

    op.create_table(
        "request_windows",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("open_s", sa.Integer(), nullable=False),
        sa.Column("close_s", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["pickup_requests.id"], name=op.f("fk_request_windows_request_id_pickup_requests")
        ),
        sa.PrimaryKeyConstraint("request_id", "open_s", name=op.f("pk_request_windows")),
    )
    op.create_table(
        "rounds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_no", sa.String(length=28), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("vehicle_id", sa.Uuid(), nullable=False),
        sa.Column("driver_id", sa.Uuid(), nullable=True),
        sa.Column("escort_id", sa.Uuid(), nullable=True),
        sa.Column("service_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("start_s", sa.Integer(), nullable=False),
        sa.Column("end_s", sa.Integer(), nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=False),
        sa.Column("drive_s", sa.Integer(), nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("started_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("finished_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["driver_id"], ["crew_members.id"], name=op.f("fk_rounds_driver_id_crew_members")
        ),
        sa.ForeignKeyConstraint(
            ["escort_id"], ["crew_members.id"], name=op.f("fk_rounds_escort_id_crew_members")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["route_plans.id"], name=op.f("fk_rounds_plan_id_route_plans")),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["organisations.id"], name=op.f("fk_rounds_platform_id_organisations")
        ),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicles.id"], name=op.f("fk_rounds_vehicle_id_vehicles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rounds")),
        sa.UniqueConstraint("round_no", name=op.f("uq_rounds_round_no")),
    )
    with op.batch_alter_table("rounds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rounds_driver_id"), ["driver_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_rounds_plan_id"), ["plan_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_rounds_platform_id"), ["platform_id"], unique=False)
        batch_op.create_index("ix_rounds_service_on_state", ["service_on", "state"], unique=False)

    op.create_table(
        "unassigned_stops",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["route_plans.id"], name=op.f("fk_unassigned_stops_plan_id_route_plans")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["pickup_requests.id"],
            name=op.f("fk_unassigned_stops_request_id_pickup_requests"),
        ),
        sa.PrimaryKeyConstraint("plan_id", "request_id", name=op.f("pk_unassigned_stops")),
    )
    op.create_table(
        "trips",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("leave_s", sa.Integer(), nullable=False),
        sa.Column("return_s", sa.Integer(), nullable=False),
        sa.Column("unloaded_s", sa.Integer(), nullable=False),
        sa.Column("arrived_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("received_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_trips_round_id_rounds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trips")),
        sa.UniqueConstraint("round_id", "seq", name=op.f("uq_trips_round_id_seq")),
    )
    op.create_table(
        "containers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("running", sa.Integer(), nullable=False),
        sa.Column("label_code", sa.String(length=37), nullable=False),
        sa.Column("container_type", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("declared_g", sa.BigInteger(), nullable=False),
        sa.Column("measured_g", sa.BigInteger(), nullable=True),
        sa.Column("mass_g", sa.BigInteger(), nullable=False),
        sa.Column("mass_before_load_g", sa.BigInteger(), nullable=True),
        sa.Column("prints", sa.Integer(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=True),
        sa.Column("stored_since_on", sa.Date(), nullable=True),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("trip_id", sa.Uuid(), nullable=True),
        sa.Column("zone_id", sa.Uuid(), nullable=True),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_containers_batch_id_batches")),
        sa.ForeignKeyConstraint(
            ["container_type"],
            ["container_types.code"],
            name=op.f("fk_containers_container_type_container_types"),
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["organisations.id"], name=op.f("fk_containers_holder_id_organisations")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_containers_lot_id_lots")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["pickup_requests.id"], name=op.f("fk_containers_request_id_pickup_requests")
        ),
        sa.ForeignKeyConstraint(["trip_id"], ["trips.id"], name=op.f("fk_containers_trip_id_trips")),
        sa.ForeignKeyConstraint(["zone_id"], ["zones.id"], name=op.f("fk_containers_zone_id_zones")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_containers")),
        sa.UniqueConstraint("batch_id", "running", name=op.f("uq_containers_batch_id_running")),
        sa.UniqueConstraint("label_code", name=op.f("uq_containers_label_code")),
    )
    with op.batch_alter_table("containers", schema=None) as batch_op:
        batch_op.create_index("ix_containers_holder_id_state", ["holder_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_containers_lot_id"), ["lot_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_containers_request_id"), ["request_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_containers_trip_id"), ["trip_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_containers_zone_id"), ["zone_id"], unique=False)

    op.create_table(
        "receptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reception_no", sa.String(length=24), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("trip_id", sa.Uuid(), nullable=True),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("gross_g", sa.BigInteger(), nullable=True),
        sa.Column("tare_g", sa.BigInteger(), nullable=True),
        sa.Column("arrived_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("operator", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_receptions_lot_id_lots")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_receptions_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(["trip_id"], ["trips.id"], name=op.f("fk_receptions_trip_id_trips")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receptions")),
        sa.UniqueConstraint("lot_id", name=op.f("uq_receptions_lot_id")),
        sa.UniqueConstraint("reception_no", name=op.f("uq_receptions_reception_no")),
        sa.UniqueConstraint("trip_id", name=op.f("uq_receptions_trip_id")),
    )
    with op.batch_alter_table("receptions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_receptions_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "stops",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("trip_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("arrive_s", sa.Integer(), nullable=False),
        sa.Column("service_start_s", sa.Integer(), nullable=False),
        sa.Column("depart_s", sa.Integer(), nullable=False),
        sa.Column("rest_before_s", sa.Integer(), nullable=False),
        sa.Column("rest_after_s", sa.Integer(), nullable=False),
        sa.Column("containers_planned", sa.Integer(), nullable=False),
        sa.Column("planned_g", sa.BigInteger(), nullable=False),
        sa.Column("outcome_reason", sa.String(length=40), nullable=False),
        sa.Column("outcome_note", sa.String(length=300), nullable=False),
        sa.Column("closed_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["pickup_requests.id"], name=op.f("fk_stops_request_id_pickup_requests")
        ),
        sa.ForeignKeyConstraint(["trip_id"], ["trips.id"], name=op.f("fk_stops_trip_id_trips")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stops")),
        sa.UniqueConstraint("trip_id", "seq", name=op.f("uq_stops_trip_id_seq")),
    )
    with op.batch_alter_table("stops", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stops_request_id"), ["request_id"], unique=False)

    op.create_table(
        "corrections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("container_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("present_g", sa.BigInteger(), nullable=False),
        sa.Column("proposed_g", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("proposer_id", sa.Uuid(), nullable=False),
        sa.Column("counterparty_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_by", sa.String(length=60), nullable=False),
        sa.Column("proposed_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=60), nullable=False),
        sa.Column("decided_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["container_id"], ["containers.id"], name=op.f("fk_corrections_container_id_containers")
        ),
        sa.ForeignKeyConstraint(
            ["counterparty_id"],
            ["organisations.id"],
            name=op.f("fk_corrections_counterparty_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["proposer_id"], ["organisations.id"], name=op.f("fk_corrections_proposer_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    with op.batch_alter_table("corrections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_corrections_container_id"), ["container_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_corrections_counterparty_id"), ["counterparty_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_corrections_proposer_id"), ["proposer_id"], unique=False)

    op.create_table(
        "lot_items",
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("container_id", sa.Uuid(), nullable=False),
        sa.Column("mass_g", sa.BigInteger(), nullable=False),
        sa.Column("packed_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("unpacked_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["container_id"], ["containers.id"], name=op.f("fk_lot_items_container_id_containers")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_lot_items_lot_id_lots")),
        sa.PrimaryKeyConstraint("lot_id", "container_id", name=op.f("pk_lot_items")),
    )
    op.create_table(
        "manifests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provisional_no", sa.String(length=24), nullable=False),
        sa.Column("official_no", sa.String(length=14), nullable=True),
        sa.Column("leg", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("mover_out_id", sa.Uuid(), nullable=False),
        sa.Column("carrier_id", sa.Uuid(), nullable=False),
        sa.Column("acceptor_id", sa.Uuid(), nullable=False),
        sa.Column("trip_id", sa.Uuid(), nullable=True),
        sa.Column("stop_id", sa.Uuid(), nullable=True),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("vehicle_id", sa.Uuid(), nullable=False),
        sa.Column("driver_id", sa.Uuid(), nullable=True),
        sa.Column("escort_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("loaded_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("confirm_due_on", sa.Date(), nullable=True),
        sa.Column("opinion", sa.String(length=12), nullable=False),
        sa.Column("opinion_note", sa.String(length=300), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["acceptor_id"], ["organisations.id"], name=op.f("fk_manifests_acceptor_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["carrier_id"], ["organisations.id"], name=op.f("fk_manifests_carrier_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["driver_id"], ["crew_members.id"], name=op.f("fk_manifests_driver_id_crew_members")
        ),
        sa.ForeignKeyConstraint(
            ["escort_id"], ["crew_members.id"], name=op.f("fk_manifests_escort_id_crew_members")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_manifests_lot_id_lots")),
        sa.ForeignKeyConstraint(
            ["mover_out_id"], ["organisations.id"], name=op.f("fk_manifests_mover_out_id_organisations")
        ),
        sa.ForeignKeyConstraint(["stop_id"], ["stops.id"], name=op.f("fk_manifests_stop_id_stops")),
        sa.ForeignKeyConstraint(["trip_id"], ["trips.id"], name=op.f("fk_manifests_trip_id_trips")),
        sa.ForeignKeyConstraint(
            ["vehicle_id"], ["vehicles.id"], name=op.f("fk_manifests_vehicle_id_vehicles")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manifests")),
        sa.UniqueConstraint("lot_id", name=op.f("uq_manifests_lot_id")),
        sa.UniqueConstraint("official_no", name=op.f("uq_manifests_official_no")),
        sa.UniqueConstraint("provisional_no", name=op.f("uq_manifests_provisional_no")),
        sa.UniqueConstraint("stop_id", name=op.f("uq_manifests_stop_id")),
    )
    with op.batch_alter_table("manifests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_manifests_acceptor_id"), ["acceptor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_manifests_mover_out_id"), ["mover_out_id"], unique=False)
        batch_op.create_index("ix_manifests_state_confirm_due_on", ["state", "confirm_due_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_manifests_trip_id"), ["trip_id"], unique=False)

    op.create_table(
        "reception_lines",
        sa.Column("reception_id", sa.Uuid(), nullable=False),
        sa.Column("container_id", sa.Uuid(), nullable=False),
        sa.Column("expected_g", sa.BigInteger(), nullable=False),
        sa.Column("weighed_g", sa.BigInteger(), nullable=False),
        sa.Column("difference_g", sa.BigInteger(), nullable=False),
        sa.Column("allowed_g", sa.BigInteger(), nullable=False),
        sa.Column("within", sa.Boolean(), nullable=False),
        sa.Column("decision", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("decided_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["container_id"], ["containers.id"], name=op.f("fk_reception_lines_container_id_containers")
        ),
        sa.ForeignKeyConstraint(
            ["reception_id"], ["receptions.id"], name=op.f("fk_reception_lines_reception_id_receptions")
        ),
        sa.PrimaryKeyConstraint("reception_id", "container_id", name=op.f("pk_reception_lines")),
    )
    op.create_table(
        "scans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.String(length=60), nullable=False),
        sa.Column("device_seq", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=True),
        sa.Column("stop_id", sa.Uuid(), nullable=True),
        sa.Column("container_id", sa.Uuid(), nullable=True),
        sa.Column("label_code", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("measured_g", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("photo_sha256", sa.String(length=64), nullable=True),
        sa.Column("lon_e6", sa.Integer(), nullable=True),
        sa.Column("lat_e6", sa.Integer(), nullable=True),
        sa.Column("accuracy_m", sa.Integer(), nullable=True),
        sa.Column("scanned_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("received_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("outcome_code", sa.String(length=40), nullable=False),
        sa.Column("verdict", sa.JSON(), nullable=False),
        sa.Column("author", sa.String(length=60), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["container_id"], ["containers.id"], name=op.f("fk_scans_container_id_containers")
        ),
        sa.ForeignKeyConstraint(
            ["photo_sha256"], ["photos.sha256"], name=op.f("fk_scans_photo_sha256_photos")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_scans_round_id_rounds")),
        sa.ForeignKeyConstraint(["stop_id"], ["stops.id"], name=op.f("fk_scans_stop_id_stops")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scans")),
        sa.UniqueConstraint("device_id", "device_seq", name=op.f("uq_scans_device_id_device_seq")),
    )
    with op.batch_alter_table("scans", schema=None) as batch_op:
        batch_op.create_index("ix_scans_label_code", ["label_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_scans_round_id"), ["round_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_scans_stop_id"), ["stop_id"], unique=False)

    op.create_table(
        "treatment_lines",
        sa.Column("treatment_id", sa.Uuid(), nullable=False),
        sa.Column("container_id", sa.Uuid(), nullable=False),
        sa.Column("mass_g", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["container_id"], ["containers.id"], name=op.f("fk_treatment_lines_container_id_containers")
        ),
        sa.ForeignKeyConstraint(
            ["treatment_id"], ["treatments.id"], name=op.f("fk_treatment_lines_treatment_id_treatments")
        ),
        sa.PrimaryKeyConstraint("treatment_id", "container_id", name=op.f("pk_treatment_lines")),
        sa.UniqueConstraint("container_id", name=op.f("uq_treatment_lines_container_id")),
    )
    op.create_table(
        "manifest_lines",
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("waste_code", sa.String(length=10), nullable=False),
        sa.Column("waste_name", sa.String(length=60), nullable=False),
        sa.Column("hazards", sa.String(length=16), nullable=False),
        sa.Column("form", sa.String(length=12), nullable=False),
        sa.Column("packaging", sa.String(length=60), nullable=False),
        sa.Column("containers", sa.Integer(), nullable=False),
        sa.Column("declared_g", sa.BigInteger(), nullable=False),
        sa.Column("loaded_g", sa.BigInteger(), nullable=True),
        sa.Column("accepted_g", sa.BigInteger(), nullable=True),
        sa.Column("method_code", sa.String(length=4), nullable=True),
        sa.ForeignKeyConstraint(
            ["manifest_id"], ["manifests.id"], name=op.f("fk_manifest_lines_manifest_id_manifests")
        ),
        sa.ForeignKeyConstraint(
            ["method_code"], ["method_codes.code"], name=op.f("fk_manifest_lines_method_code_method_codes")
        ),
        sa.ForeignKeyConstraint(
            ["waste_code"], ["waste_codes.code"], name=op.f("fk_manifest_lines_waste_code_waste_codes")
        ),
        sa.PrimaryKeyConstraint("manifest_id", "line_no", name=op.f("pk_manifest_lines")),
    )
    # Evidence is insert-only from the first row on.
    triggers.create_triggers(op.get_bind())


def downgrade() -> None:
    """There is no way back: legal records are never dropped. Restore a backup instead."""
    raise NotImplementedError("restore a backup instead: wastehub restore")
