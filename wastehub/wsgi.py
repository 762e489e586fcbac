"""For WSGI servers: `gunicorn wastehub.wsgi:application`."""

from . import memory, migrate
from .app import create_app
from .ledger import sealing

application = create_app()

# Before the first request: does the database still hold what was signed? Every process sees the answer.
_database = application.extensions["wastehub.database"]
if migrate.is_current(_database.engine):
    sealing.check(_database, application.extensions["wastehub.transparency"].anchor)

memory.settle()
