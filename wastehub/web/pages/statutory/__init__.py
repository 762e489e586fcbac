"""Statutory forms of HJ 1259: declarations, ledger tables, management plan, files, who has filed."""

from . import boards, declarations, files, tables
from .blueprint import pages

__all__ = ["boards", "declarations", "files", "pages", "tables"]
