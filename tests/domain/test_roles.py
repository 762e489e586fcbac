"""The table of who may do what."""

import pytest

from wastehub.domain import roles
from wastehub.domain.errors import Forbidden


def test_every_action_names_known_roles_and_nobody_is_left_out():
    for action, allowed in roles.ACTIONS.items():
        assert allowed, action
        assert allowed <= set(roles.ROLES), action
    assert set().union(*roles.ACTIONS.values()) == set(roles.ROLES)


def test_only_the_generator_states_what_arose():
    assert {role for role in roles.ROLES if roles.may(role, "batch.register")} == {"enterprise"}


def test_regulators_change_nothing():
    acts = {"view", "export", "trace", "verify", "manage_own"}
    for action, allowed in roles.ACTIONS.items():
        # The list of problems, with its photos, and answers to escalations are the office's own: no fact of
        # waste.
        if "regulator" in allowed and action not in ("problem.manage", "photo.store", "loop.answer"):
            assert action.split(".")[1] in acts, action


def test_administrators_touch_no_kilogram():
    moving = (
        "batch.register",
        "scan.record",
        "reception.record",
        "lot.ship",
        "treatment.record",
        "case.resolve",
    )
    assert not any(roles.may("admin", action) for action in moving)


def test_each_party_signs_its_own_part_of_the_manifest():
    assert roles.may("driver", "manifest.sign_carrier")
    assert not roles.may("driver", "manifest.sign_mover_out")
    assert not roles.may("enterprise", "manifest.sign_acceptor")


def test_require_passes_the_allowed_role():
    roles.require("dispatcher", "plan.publish")


def test_require_refuses_with_role_and_action():
    with pytest.raises(Forbidden) as refused:
        roles.require("driver", "plan.publish")
    assert refused.value.code == "access.role_forbidden"
    assert refused.value.params == {"role": "driver", "action": "plan.publish"}
    assert refused.value.status == 403


def test_an_unknown_action_is_a_fault_of_the_program():
    with pytest.raises(KeyError):
        roles.may("admin", "batch.destroy")


def test_an_unknown_role_may_nothing():
    assert not any(roles.may("visitor", action) for action in roles.ACTIONS)
