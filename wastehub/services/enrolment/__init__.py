"""Firms join, sign the contract that a pickup needs, and register their management plan."""

from .changing import amend, set_active
from .checking import MANAGEMENT_CLASSES, STORAGE_KINDS, FirmDraft
from .ending import end_contract
from .joining import Refusal, enrol, refusals
from .papers import PLANNED_MASS_MAX_G, ContractDraft, PlanDraft, register_plans, sign_contracts
from .views import EnterpriseRow, EnterpriseView, enterprise, enterprises, industries, places, view

__all__ = [
    "MANAGEMENT_CLASSES",
    "PLANNED_MASS_MAX_G",
    "STORAGE_KINDS",
    "ContractDraft",
    "EnterpriseRow",
    "EnterpriseView",
    "FirmDraft",
    "PlanDraft",
    "Refusal",
    "amend",
    "end_contract",
    "enrol",
    "enterprise",
    "enterprises",
    "industries",
    "places",
    "refusals",
    "register_plans",
    "set_active",
    "sign_contracts",
    "view",
]
