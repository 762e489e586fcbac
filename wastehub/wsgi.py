"""For WSGI servers: `gunicorn wastehub.wsgi:application`."""

from .app import create_app

application = create_app()
