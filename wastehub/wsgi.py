"""For WSGI servers: `gunicorn wastehub.wsgi:application`."""

import gc

from . import migrate
from .app import create_app
from .ledger import sealing

application = create_app()

# Before the first request: does the database still hold what was signed? Every process sees the answer.
_database = application.extensions["wastehub.database"]
if migrate.is_current(_database.engine):
    sealing.check(_database, application.extensions["wastehub.transparency"].anchor)

# What was imported stays: else every full collection walks through it, 80 ms in the midst of a request.
gc.collect()
gc.freeze()
