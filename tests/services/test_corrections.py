"""A mass after the hand-over changes only when both sides agree, and only by a counter-act."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from tests.services import chain_world as world
from tests.services.chain_world import NOW, REGULATOR, Chain
from wastehub import ledger
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleViolation, StaleVersion
from wastehub.models.batches import Container
from wastehub.models.corrections import Correction
from wastehub.services import audits, corrections

LATER = NOW + timedelta(days=1)
REASON = "示例:皮重重复扣除"


def surplus(chain: Chain, session: Session) -> Container:
    """In the platform's store: 150 kg declared, 151 kg weighed, an open case."""
    return session.get_one(Container, chain.containers["differing"][1])


def propose(
    session: Session, actor: Actor, container: Container, grams: int, reason: str = REASON
) -> Correction:
    return corrections.propose(
        session, actor=actor, container_id=container.id, proposed_g=grams, reason=reason, now=NOW
    )


def agree(session: Session, actor: Actor, row: Correction, version: int | None = None) -> Correction:
    return corrections.agree(session, actor=actor, correction_id=row.id, version=version, now=LATER)


def refusal(code: str, error: type[RuleViolation], act: object, *args: object) -> None:
    assert callable(act)
    with pytest.raises(error) as caught:
        act(*args)
    assert caught.value.code == code


def books_hold(session: Session, container: Container) -> None:
    assert (
        ledger.label_states(session, [container.label_code])[container.label_code].mass_g == container.mass_g
    )
    assert ledger.unexplained_g(session) == 0
    assert ledger.verify(session, signature_every=0).ok


def test_a_proposal_changes_nothing(chain: Chain, tale: Session) -> None:
    container = surplus(chain, tale)
    size = ledger.size(tale)
    row = propose(tale, chain.desk(tale, "differing"), container, 150_200)
    assert (row.state, row.present_g, row.proposed_g) == ("proposed", 151_000, 150_200)
    assert row.proposer_id == chain.firms["differing"] and row.counterparty_id == container.holder_id
    assert (container.mass_g, ledger.size(tale)) == (151_000, size)


def test_the_other_sides_agreement_corrects_the_books_and_closes_the_case(
    chain: Chain, tale: Session
) -> None:
    container = surplus(chain, tale)
    row = propose(tale, chain.desk(tale, "differing"), container, 150_200)
    agree(tale, world.platform(tale), row, row.version)
    assert (row.state, row.decided_at) == ("agreed", LATER)
    assert (container.mass_g, container.measured_g) == (150_200, 150_200)
    found = audits.trace(tale, actor=REGULATOR, batch_id=container.batch_id)
    # 150.2 kg against 150 kg declared is within the tolerance: the surplus is no case any more.
    assert (found.fate.platform_g, found.fate.tolerance_g, found.fate.open_cases_g) == (150_200, -200, 751)
    assert found.entries[-1].event.type == "mass.corrected" and found.entries[-1].held_reason is None
    books_hold(tale, container)


def test_a_correction_beyond_the_tolerance_opens_a_case_again(chain: Chain, tale: Session) -> None:
    container = surplus(chain, tale)
    row = propose(tale, world.platform(tale), container, 140_000)
    agree(tale, chain.desk(tale, "differing"), row)
    [case] = ledger.open_cases(tale, label=container.label_code)
    assert case.mass_g == 10_000
    books_hold(tale, container)


def test_the_enterprise_and_the_plant_correct_what_stands_at_the_plant(chain: Chain, tale: Session) -> None:
    container = tale.get_one(Container, chain.containers["treated"][1])
    row = propose(tale, world.plant(tale), container, 99_800)
    assert row.counterparty_id == chain.firms["treated"]
    agree(tale, chain.desk(tale, "treated"), row)
    books_hold(tale, container)


def test_a_declined_correction_leaves_the_record_as_it_is(chain: Chain, tale: Session) -> None:
    container = surplus(chain, tale)
    row = propose(tale, chain.desk(tale, "differing"), container, 150_200)
    desk = world.platform(tale)
    corrections.decline(tale, actor=desk, correction_id=row.id, version=row.version, now=LATER)
    assert (row.state, container.mass_g) == ("declined", 151_000)
    refusal("correction.decided", Conflict, agree, tale, desk, row)
    assert propose(tale, desk, container, 150_500).state == "proposed", "one may propose anew"


def test_nobody_agrees_with_themselves(chain: Chain, tale: Session) -> None:
    firm, desk = chain.desk(tale, "differing"), world.platform(tale)
    row = propose(tale, firm, surplus(chain, tale), 150_200)
    refusal("object.not_found", NotFound, agree, tale, firm, row)
    agree(tale, desk, row)


def test_strangers_know_of_no_container_and_no_proposal(chain: Chain, tale: Session) -> None:
    container = surplus(chain, tale)
    for stranger in (
        chain.desk(tale, "treated"), world.platform(tale, world.OTHER_COUNTY), world.plant(tale),
    ):  # fmt: skip
        refusal("object.not_found", NotFound, propose, tale, stranger, container, 150_200)
    row = propose(tale, chain.desk(tale, "differing"), container, 150_200)
    for stranger in (world.platform(tale, world.OTHER_COUNTY), world.plant(tale)):
        refusal("object.not_found", NotFound, agree, tale, stranger, row)
        assert corrections.corrections_of(tale, actor=stranger) == []
    for role in ("regulator", "admin", "driver"):
        outsider = Actor(author="user:x", role=role)
        refusal("access.role_forbidden", Forbidden, propose, tale, outsider, container, 150_200)
        refusal("access.role_forbidden", Forbidden, agree, tale, outsider, row)


def test_only_waste_in_the_other_sides_hands_is_corrected_together(chain: Chain, tale: Session) -> None:
    for name in ("waiting", "refused", "undecided"):
        container = tale.get_one(Container, chain.containers[name][0])
        desk = chain.desk(tale, name)
        refusal("correction.not_handed_over", Conflict, propose, tale, desk, container, 10_000)
    done = tale.get_one(Container, chain.containers["treated"][0])
    desk = chain.desk(tale, "treated")
    refusal("correction.not_handed_over", Conflict, propose, tale, desk, done, 10_000)
    refusal("object.not_found", NotFound, corrections_of_unknown, tale, desk)


def corrections_of_unknown(session: Session, actor: Actor) -> None:
    corrections.propose(session, actor=actor, container_id=uuid4(), proposed_g=1, reason=REASON, now=NOW)


def test_a_proposal_names_another_credible_mass_and_its_reason(chain: Chain, tale: Session) -> None:
    container, desk = surplus(chain, tale), world.platform(tale)
    refusal("mass.not_positive", InvalidInput, propose, tale, desk, container, 0)
    refusal("mass.too_large", InvalidInput, propose, tale, desk, container, 30_000_001)
    refusal("correction.nothing_changes", InvalidInput, propose, tale, desk, container, 151_000)
    refusal("text.missing", InvalidInput, propose, tale, desk, container, 150_999, "  ")
    propose(tale, desk, container, 150_999)
    refusal("correction.already_proposed", Conflict, propose, tale, desk, container, 150_998)


def test_a_stale_answer_and_a_superseded_proposal_are_refused(chain: Chain, tale: Session) -> None:
    container, firm, desk = surplus(chain, tale), chain.desk(tale, "differing"), world.platform(tale)
    row = propose(tale, firm, container, 150_200)
    refusal("version.stale", StaleVersion, agree, tale, desk, row, row.version + 1)
    holder = container.holder_id
    container.holder_id = world.plant(tale).organisation_id
    refusal("correction.superseded", Conflict, agree, tale, desk, row)
    container.holder_id, container.mass_g = holder, 150_900
    refusal("correction.superseded", Conflict, agree, tale, desk, row)
    container.mass_g = 151_000
    assert agree(tale, desk, row).state == "agreed"


def test_a_difference_that_was_settled_is_not_corrected_any_more(chain: Chain, tale: Session) -> None:
    container, desk = surplus(chain, tale), world.platform(tale)
    row = propose(tale, chain.desk(tale, "differing"), container, 150_200)
    [case] = ledger.open_cases(tale, label=container.label_code)
    audits.resolve_case(tale, actor=desk, case_key=case.key, reason="tare", note="", now=NOW)
    refusal("correction.difference_settled", Conflict, agree, tale, desk, row)
    corrections.decline(tale, actor=desk, correction_id=row.id, version=None, now=LATER)
    refusal("correction.difference_settled", Conflict, propose, tale, desk, container, 150_300)


def test_both_sides_see_their_proposals_the_undecided_first(chain: Chain, tale: Session) -> None:
    firm, desk = chain.desk(tale, "differing"), world.platform(tale)
    decided = propose(tale, firm, surplus(chain, tale), 150_200)
    corrections.decline(tale, actor=desk, correction_id=decided.id, version=None, now=LATER)
    waiting = propose(tale, replace(firm, author="user:colleague"), surplus(chain, tale), 150_300)
    for actor in (firm, desk):
        rows = corrections.corrections_of(tale, actor=actor)
        assert [each.correction.id for each in rows] == [waiting.id, decided.id]
        assert (
            rows[0].proposer.id == chain.firms["differing"]
            and rows[0].counterparty.id == desk.organisation_id
        )
