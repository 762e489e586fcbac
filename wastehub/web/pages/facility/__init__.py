"""The facility's pages: the platform's gate, store and lots; the plant's gate and furnace."""

from . import gate, outbound, plant, repacking, roadside, store
from .blueprint import pages

__all__ = ["gate", "outbound", "pages", "plant", "repacking", "roadside", "store"]
