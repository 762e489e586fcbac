"""The acts at the gate on PostgreSQL: the same tests as on SQLite where queries and locks matter."""

import pytest

from tests.services.test_handing_over import (
    test_a_code_of_the_firms_page_confirms_once_and_for_a_while,
    test_both_agree_on_another_amount_before_loading,
    test_leaving_without_a_confirmation_is_seen_with_its_reason,
)

__all__ = [
    "test_a_code_of_the_firms_page_confirms_once_and_for_a_while",
    "test_both_agree_on_another_amount_before_loading",
    "test_leaving_without_a_confirmation_is_seen_with_its_reason",
]


@pytest.fixture
def database_kind() -> str:
    return "postgresql"
