"""The life of a container, every state with every act."""

from functools import reduce
from itertools import product

import pytest

from wastehub.domain import batch_lifecycle
from wastehub.domain.batch_lifecycle import ACTS, STATES, next_state
from wastehub.domain.errors import Conflict

ALLOWED = {
    ("registered", "print_label"): "labelled",
    ("registered", "amend"): "registered",
    ("registered", "void"): "void",
    ("labelled", "print_label"): "labelled",
    ("labelled", "amend"): "registered",
    ("labelled", "void"): "void",
    ("labelled", "load"): "loaded",
    ("loaded", "unload_back"): "labelled",
    ("loaded", "receive"): "stored",
    ("loaded", "refuse_arrival"): "refused_on_arrival",
    ("refused_on_arrival", "return_to_generator"): "labelled",
    ("refused_on_arrival", "receive"): "stored",
    ("stored", "put_in_lot"): "in_lot",
    ("in_lot", "take_from_lot"): "stored",
    ("in_lot", "ship"): "shipped",
    ("shipped", "plant_receive"): "at_plant",
    ("shipped", "plant_refuse"): "stored",
    ("at_plant", "treat"): "treated",
    ("stored", "repack"): "repacked",
    ("stored", "lose_all"): "lost",
    ("at_plant", "lose_all"): "lost",
    ("stored", "miss"): "missing",
    ("stored", "print_label"): "stored",
    ("labelled", "replace_label"): "registered",
    ("at_plant", "miss"): "missing",
    ("missing", "find_in_store"): "stored",
    ("missing", "find_at_plant"): "at_plant",
}


@pytest.mark.parametrize(("state", "act"), list(product(STATES, ACTS)))
def test_every_act_in_every_state(state, act):
    if (state, act) in ALLOWED:
        assert next_state(state, act) == ALLOWED[state, act]
        assert batch_lifecycle.may(state, act)
    else:
        assert not batch_lifecycle.may(state, act)
        with pytest.raises(Conflict) as refused:
            next_state(state, act)
        assert refused.value.code == "container.act_not_allowed"
        assert refused.value.params == {"state": state, "act": act}
        assert refused.value.status == 409


def test_from_generation_to_treatment():
    way = ("print_label", "load", "receive", "put_in_lot", "ship", "plant_receive", "treat")
    assert reduce(next_state, way, "registered") == "treated"


def test_every_state_is_in_exactly_one_place():
    places = (
        batch_lifecycle.AT_ENTERPRISE,
        batch_lifecycle.ON_THE_ROAD,
        batch_lifecycle.AT_PLATFORM,
        batch_lifecycle.AT_PLANT,
        batch_lifecycle.NOWHERE,
        batch_lifecycle.CLOSED,
    )
    assert sorted(state for place in places for state in place) == sorted(STATES)


def test_nothing_leads_out_of_a_closed_state_and_something_out_of_every_other():
    for state in STATES:
        assert bool(batch_lifecycle.MOVES[state]) == (state not in batch_lifecycle.CLOSED)


def test_an_unlabelled_container_cannot_be_loaded():
    with pytest.raises(Conflict):
        next_state("registered", "load")


def test_an_amended_container_waits_for_a_new_label_before_it_is_loaded():
    amended = next_state("labelled", "amend")
    with pytest.raises(Conflict):
        next_state(amended, "load")
    assert next_state(next_state(amended, "print_label"), "load") == "loaded"


def test_an_unknown_act_is_a_fault_of_the_program():
    with pytest.raises(AssertionError):
        next_state("stored", "burn")
