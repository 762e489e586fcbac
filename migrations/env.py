"""Runs the migrations on the connection that wastehub/migrate.py hands over.

Alembic's own command line works too, in a checkout: it then migrates the configured database.
"""

from alembic import context
from sqlalchemy.engine import Connection

from wastehub import config, db, migrate


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=migrate.all_tables(),
        # SQLite cannot alter a column: Alembic copies the table instead.
        render_as_batch=connection.dialect.name == "sqlite",
        user_module_prefix="wastehub.db.",
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("migrations read the database: run them against one, without --sql")

given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    database = db.Database(config.from_environment().database_url)
    with database.engine.begin() as connection:
        run(connection)
    database.dispose()
