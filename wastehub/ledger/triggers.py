"""The database refuses to change evidence: triggers on both databases, rights on PostgreSQL.

A trigger stops mistakes and the application's own credentials; whoever owns the database can drop it, which
is why audit.verify and the signatures do not rely on it.
"""

from __future__ import annotations

from sqlalchemy import Connection, Table, UniqueConstraint, inspect

from .store import SEALED

MESSAGE = "ledger evidence cannot be changed or deleted"
_FUNCTION = "ledger_refuse_change"


def sealed_tables() -> list[Table]:
    """Tables that take INSERT only."""
    made = [row.__table__ for row in SEALED]
    return [table for table in made if isinstance(table, Table)]


def create_triggers(connection: Connection) -> None:
    """Refuse UPDATE, DELETE (and TRUNCATE on PostgreSQL) on the sealed tables that are there.

    Each migration that makes sealed tables calls it again; what has its triggers keeps them.
    """
    there = set(inspect(connection).get_table_names())
    tables = [table for table in sealed_tables() if table.name in there]
    for statement in create_sql(connection.dialect.name, tables):
        connection.exec_driver_sql(statement)


def drop_triggers(connection: Connection) -> None:
    """Undo create_triggers: for a migration's downgrade and for tests that tamper."""
    for statement in drop_sql(connection.dialect.name):
        connection.exec_driver_sql(statement)


def create_sql(dialect: str, tables: list[Table] | None = None) -> list[str]:
    """The statements for "sqlite" or "postgresql"; for all sealed tables unless some are named."""
    tables = sealed_tables() if tables is None else tables
    if dialect == "sqlite":
        return [statement for table in tables for statement in _sqlite(table)]
    return [
        f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}: %%', TG_TABLE_NAME; END $$",
        *(statement for table in tables for statement in _postgresql(table.name)),
    ]


def drop_sql(dialect: str) -> list[str]:
    names = [table.name for table in sealed_tables()]
    if dialect == "sqlite":
        return [
            f"DROP TRIGGER IF EXISTS {name}_no_{act}"
            for name in names
            for act in ("update", "delete", "replace")
        ]
    return [
        *(
            f"DROP TRIGGER IF EXISTS {name}_no_{act} ON {name}"
            for name in names
            for act in ("change", "truncate")
        ),
        # It stays as long as tables outside the ledger are sealed by it too.
        f"DO $$ BEGIN DROP FUNCTION IF EXISTS {_FUNCTION}(); "
        "EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END $$",
    ]


def _sqlite(table: Table) -> list[str]:
    """INSERT OR REPLACE deletes without firing delete triggers, so an existing key is refused as well."""
    refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}: {table.name}'); END"
    exists = " OR ".join(
        f"EXISTS (SELECT 1 FROM {table.name} WHERE "
        + " AND ".join(f"{name} = NEW.{name}" for name in key)
        + ")"
        for key in _keys(table)
    )
    make = f"CREATE TRIGGER IF NOT EXISTS {table.name}"
    return [
        f"{make}_no_update BEFORE UPDATE ON {table.name} {refuse}",
        f"{make}_no_delete BEFORE DELETE ON {table.name} {refuse}",
        f"{make}_no_replace BEFORE INSERT ON {table.name} WHEN {exists} {refuse}",
    ]


def _keys(table: Table) -> list[list[str]]:
    keys = [[column.name for column in table.primary_key]]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            keys.append([column.name for column in constraint.columns])
    return sorted(keys)


def _postgresql(name: str) -> list[str]:
    return [
        f"CREATE OR REPLACE TRIGGER {name}_no_change BEFORE UPDATE OR DELETE ON {name} "
        f"FOR EACH ROW EXECUTE FUNCTION {_FUNCTION}()",
        f"CREATE OR REPLACE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {name} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {_FUNCTION}()",
    ]


def grants_sql(role: str) -> list[str]:
    """PostgreSQL: what the application's role may do when another role owns the tables.

    Sealed tables: read and insert. All others: everything but TRUNCATE and changes of structure. Run by the
    owner after each migration; the owner's credentials stay out of the application.
    """
    if not role.isidentifier():
        raise ValueError(f"not a plain role name: {role!r}")
    sealed = ", ".join(table.name for table in sealed_tables())
    return [
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {sealed} FROM {role}",
    ]
