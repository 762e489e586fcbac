"""Batches 产生批次: registered by the generator, corrected by counter-acts."""

from .correcting import amend_mass, void_container
from .registering import BASES, CONTAINERS_MAX, FORMS, BatchDraft, ContainerDraft, register

__all__ = [
    "BASES",
    "CONTAINERS_MAX",
    "FORMS",
    "BatchDraft",
    "ContainerDraft",
    "amend_mass",
    "register",
    "void_container",
]
