"""The generator's pages: what to do now, register, store, label, request, papers, fate of the waste."""

from . import handing_over, home, papers, pickups, registering, store
from .blueprint import pages

__all__ = ["handing_over", "home", "pages", "papers", "pickups", "registering", "store"]
