"""How often one address may try: against guessing of passwords and codes."""

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

# Counts per process; a shared store (Redis) is a setting of Flask-Limiter when there is one.
limiter = Limiter(get_remote_address, storage_uri="memory://", default_limits=[])
