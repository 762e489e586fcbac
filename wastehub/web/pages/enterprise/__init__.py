"""The generator's pages: what to do now, register, store, label, request, papers, fate of the waste."""

from . import home, papers, pickups, registering, store
from .blueprint import pages

__all__ = ["home", "pages", "papers", "pickups", "registering", "store"]
