"""A firm asks for containers to be fetched 收运申请."""

from .changing import cancel, reschedule
from .placing import CONTAINERS_MAX, RequestOrder, place
from .views import RequestRow, RequestView, list_requests, view

__all__ = [
    "CONTAINERS_MAX",
    "RequestOrder",
    "RequestRow",
    "RequestView",
    "cancel",
    "list_requests",
    "place",
    "reschedule",
    "view",
]
