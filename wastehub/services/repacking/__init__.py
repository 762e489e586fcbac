"""Merging, splitting, repacking and recoding in a platform's store 合并、分装、换装、变更代码."""

from .acting import OutputDraft, RepackDraft, repack
from .boards import Choices, RepackingRow, choices, repacking, repackings
from .undoing import undo, undoable

__all__ = [
    "Choices",
    "OutputDraft",
    "RepackDraft",
    "RepackingRow",
    "choices",
    "repack",
    "repacking",
    "repackings",
    "undo",
    "undoable",
]
