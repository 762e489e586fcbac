"""The register of firms: who takes part, with which particulars, contract and plan."""

from . import joining, papers, register, upload
from .blueprint import pages

__all__ = ["joining", "pages", "papers", "register", "upload"]
