"""The life of a pickup request, every state with every act."""

from itertools import product

import pytest

from wastehub.domain import request_lifecycle
from wastehub.domain.errors import Conflict
from wastehub.domain.request_lifecycle import ACTS, STATES, next_state

ALLOWED = {
    (None, "place"): "open",
    ("open", "schedule"): "scheduled",
    ("open", "cancel"): "cancelled",
    ("scheduled", "unschedule"): "open",
    ("scheduled", "collect"): "collected",
    ("scheduled", "collect_part"): "partly_collected",
    ("partly_collected", "collect"): "collected",
}


@pytest.mark.parametrize(("state", "act"), list(product((None, *STATES), ACTS)))
def test_every_act_in_every_state(state, act):
    if (state, act) in ALLOWED:
        assert next_state(state, act) == ALLOWED[state, act]
        assert request_lifecycle.may(state, act)
    else:
        assert not request_lifecycle.may(state, act)
        with pytest.raises(Conflict) as refused:
            next_state(state, act)
        assert refused.value.code == "request.act_not_allowed"
        assert refused.value.params == {"state": state or "", "act": act}


def test_nobody_there_puts_the_request_back_into_the_pool():
    assert next_state(next_state("open", "schedule"), "unschedule") == "open"


def test_a_scheduled_request_is_first_taken_off_its_round_before_it_is_cancelled():
    with pytest.raises(Conflict):
        next_state("scheduled", "cancel")
    assert next_state(next_state("scheduled", "unschedule"), "cancel") == "cancelled"


def test_what_waits_and_what_is_closed():
    assert frozenset({"open", "scheduled"}) == request_lifecycle.WAITING
    assert {state for state in STATES if not request_lifecycle.MOVES[state]} == request_lifecycle.CLOSED
