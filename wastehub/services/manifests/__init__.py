"""Transfer manifests 危险废物转移联单: who sees which, the whole form, and what its parties do with it."""

from .acts import (
    Handover,
    Report,
    backfill,
    hand_over,
    record_official_number,
    report_differences,
    use_paper,
)
from .views import (
    FormLine,
    ManifestForm,
    ManifestRow,
    Waiting,
    list_manifests,
    manifest_of_load,
    manifest_view,
    may_number,
    waiting,
)

__all__ = [
    "FormLine",
    "Handover",
    "ManifestForm",
    "ManifestRow",
    "Report",
    "Waiting",
    "backfill",
    "hand_over",
    "list_manifests",
    "manifest_of_load",
    "manifest_view",
    "may_number",
    "record_official_number",
    "report_differences",
    "use_paper",
    "waiting",
]
