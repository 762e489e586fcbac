"""Keys of labels: announced once, retired, revoked; and the short codes that stand beside the seals."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from tests import firms
from wastehub import ledger
from wastehub.domain import label_codes, label_seals
from wastehub.domain import label_templates as template_rules
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from wastehub.ledger.signing import Signer
from wastehub.models import batches
from wastehub.models.label_keys import LabelTemplate
from wastehub.models.reference import ContainerType
from wastehub.services import label_keys, label_templates, labels
from wastehub.services.label_keys import Sealer

ORIGIN = "wastehub.test/ledger"
ADMIN = Actor(author="user:admin", role="admin")
OLD, NEW = (Sealer(Signer.from_seed(letter * 32), ORIGIN) for letter in (b"o", b"n"))


@pytest.fixture(scope="module", params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Nothing here asks the database for more than rows by key; migrations are tested on both kinds."""
    return str(request.param)


def judged(session, sealer: Sealer, code: str) -> str:
    scanned = label_seals.read(sealer.payload("https://hw.example", code))
    return label_keys.judge(session, scanned=scanned, origin=ORIGIN, hosts={"hw.example"})


def types_of(session) -> list[str]:
    entries = ledger.entries_for(session, subject=f"{OLD.number:05d}")
    return [entry.event.type for entry in entries]


CODE = "91330400MA2XXXXX1X" + "90024908" + "20260315" + "001"


def test_a_key_is_announced_once_with_an_entry(session):
    assert judged(session, OLD, CODE) == "key_unknown"
    for _ in range(2):
        label_keys.announce(session, sealer=OLD, now=firms.NOW)
    assert judged(session, OLD, CODE) == "genuine"
    assert types_of(session) == ["label_key.added"]
    assert [row.number for row in label_keys.published(session)] == [OLD.number]


def test_keys_rotate_and_old_labels_stay_genuine(session):
    label_keys.announce(session, sealer=OLD, now=firms.NOW)
    label_keys.announce(session, sealer=NEW, now=firms.NOW)
    label_keys.end(
        session, actor=ADMIN, number=OLD.number, sealer=NEW, revoke=False, reason="轮换", now=firms.NOW
    )
    assert judged(session, OLD, CODE) == judged(session, NEW, CODE) == "genuine"
    assert types_of(session) == ["label_key.added", "label_key.retired"]
    with pytest.raises(Conflict) as refused:
        label_keys.announce(session, sealer=OLD, now=firms.NOW)
    assert refused.value.code == "label_key.ended"


def test_a_revoked_key_proves_nothing(session):
    label_keys.announce(session, sealer=OLD, now=firms.NOW)
    label_keys.end(
        session, actor=ADMIN, number=OLD.number, sealer=NEW, revoke=True, reason="泄露", now=firms.NOW
    )
    assert judged(session, OLD, CODE) == "key_revoked"
    assert types_of(session) == ["label_key.added", "label_key.revoked"]


def test_a_key_in_use_an_unknown_one_and_a_missing_reason_are_refused(session):
    label_keys.announce(session, sealer=OLD, now=firms.NOW)

    def end(number: int, reason: str = "轮换", actor: Actor = ADMIN) -> None:
        label_keys.end(
            session, actor=actor, number=number, sealer=OLD, revoke=True, reason=reason, now=firms.NOW
        )

    with pytest.raises(Conflict) as in_use:
        end(OLD.number)
    assert in_use.value.code == "label_key.in_use"
    with pytest.raises(NotFound):
        end(1)
    with pytest.raises(InvalidInput):
        end(OLD.number, reason=" ")
    with pytest.raises(Forbidden):
        end(OLD.number, actor=Actor(author="user:d", role="driver"))


def test_another_key_with_the_same_number_is_refused(session):
    label_keys.announce(session, sealer=OLD, now=firms.NOW)
    twin = Sealer(Signer.from_seed(b"t" * 32), ORIGIN)
    twin.number = OLD.number
    with pytest.raises(Conflict) as refused:
        label_keys.announce(session, sealer=twin, now=firms.NOW)
    assert refused.value.code == "label_key.number_taken"


# --- short codes -------------------------------------------------------------------------------------------


def test_a_container_is_found_by_what_people_type(session):
    firm = firms.enrolled(session)
    rows = firms.labelled(session, firm, 100_000, 90_000)
    assert rows[0].short_no != rows[1].short_no
    code = label_codes.human_code(rows[1].short_no)
    for text in (
        label_codes.grouped(code),
        code,
        rows[1].label_code,
        OLD.payload("https://x", rows[1].label_code),
    ):
        assert batches.label_code_from(session, text) == rows[1].label_code
    assert batches.labels_of_short_codes(session, [code, "hello", code[:-1]]) == {code: rows[1].label_code}
    assert labels.safe_facts(session, label_code=code).label_code == rows[1].label_code


def test_a_mistyped_short_code_and_an_unknown_one_are_told_apart(session):
    firm = firms.enrolled(session)
    [row] = firms.labelled(session, firm, 100_000)
    code = label_codes.human_code(row.short_no)
    with pytest.raises(InvalidInput) as wrong:
        batches.label_code_from(session, code[:-1] + str((int(code[-1]) + 1) % 10))
    assert wrong.value.code == "label.typed_wrong"
    other = row.short_no + 1 if row.short_no < label_codes.NUMBER_MAX else row.short_no - 1
    with pytest.raises(NotFound) as unknown:
        batches.label_code_from(session, label_codes.human_code(other))
    assert unknown.value.code == "label.unknown"


def test_a_number_that_is_taken_is_drawn_again(session, monkeypatch):
    firm = firms.enrolled(session)
    [row] = firms.labelled(session, firm, 100_000)
    monkeypatch.setattr(
        label_codes,
        "draw_number",
        lambda _id, attempt=0: row.short_no if attempt == 0 else 20_000_000 + attempt,
    )
    [second] = firms.labelled(session, firm, 90_000)
    assert second.short_no == 20_000_001


# --- bad input ---------------------------------------------------------------------------------------------


def test_a_firm_without_a_valid_credit_code_gets_no_label(session):
    firm = firms.enrolled(session)
    [row] = firms.labelled(session, firm, 100_000)
    last = firm.credit_code[-1]
    firm.credit_code = firm.credit_code[:-1] + ("1" if last != "1" else "2")
    session.flush()
    with pytest.raises(Conflict) as refused:
        labels.label_sheet(session, actor=firms.actor_of(firm), container_ids=[row.id])
    assert refused.value.code == "label.unit_code_wrong"


def test_a_container_type_without_a_volume_gets_no_label(session):
    firm = firms.enrolled(session)
    [row] = firms.labelled(session, firm, 100_000)
    session.get_one(ContainerType, row.container_type).volume_l = 0
    session.flush()
    with pytest.raises(Conflict) as refused:
        labels.label_sheet(session, actor=firms.actor_of(firm), container_ids=[row.id])
    assert refused.value.code == "label.volume_missing"


# --- the template ------------------------------------------------------------------------------------------


TODAY = firms.NOW.date()
LATER = TODAY.replace(year=TODAY.year + 1)


def shown(session, on=TODAY) -> dict[str, str]:
    return template_rules.shown(label_templates.in_force(session, on=on))


def decide(session, on=TODAY, seen=None, **changes: str):
    seen = shown(session) if seen is None else seen
    return label_templates.decide(
        session, actor=ADMIN, values=seen | changes, seen=seen, valid_from=on, reason="示例", now=firms.NOW
    )


def test_a_template_counts_from_its_day_on(session):
    row = decide(session, LATER, caption_note="")
    assert "note" in label_templates.in_force(session, on=TODAY).captions
    assert "note" not in label_templates.in_force(session, on=LATER).captions
    assert label_templates.planned(session, after=TODAY) == {"caption_note": (LATER, "")}
    again = decide(session, LATER, seen=shown(session, LATER), caption_note="备注")
    assert (row.edition, again.edition) == (1, 2)
    assert "note" in label_templates.in_force(session, on=LATER).captions
    assert label_templates.planned(session, after=TODAY) == {}
    entries = ledger.entries_for(session, subject=LATER.isoformat())
    assert [entry.event.type for entry in entries] == ["label_template.decided"] * 2
    assert (entries[0].event.facts["from"], entries[0].event.facts["to"]) == (
        {"caption_note": "备注"}, {"caption_note": ""},
    )  # fmt: skip


def test_a_decision_leaves_alone_what_is_decided_for_other_days(session):
    """A form shows today's values: none may come back over a later decision, nor be lost behind one."""
    decide(session, LATER, caption_note="")
    decide(session, LATER + timedelta(days=5), ground_I="#ffee00")
    decide(session, TODAY, caption_unit="产生单位")
    found = shown(session, LATER + timedelta(days=5))
    assert (found["caption_note"], found["ground_I"], found["caption_unit"]) == ("", "#ffee00", "产生单位")
    assert shown(session)["caption_note"] == "备注"


def test_what_reads_otherwise_on_the_chosen_day_is_looked_at_first(session):
    decide(session, LATER, caption_note="说明")
    with pytest.raises(Conflict) as met:
        decide(session, LATER, caption_note="附注")
    assert (met.value.code, met.value.field) == ("label_template.changed_meanwhile", "caption_note")
    assert (met.value.params["seen"], met.value.params["present"]) == ("备注", "说明")
    with pytest.raises(InvalidInput, match=r"label_template\.nothing_changed"):
        decide(session, LATER, caption_note="说明")
    with pytest.raises(InvalidInput, match=r"label_template\.basis_missing"):
        decide(session, seen={}, caption_note="附注")


def test_a_decision_of_before_forms_said_what_they_showed_sets_every_field(session):
    content = template_rules.DEFAULT.content()
    del content["captions"]["note"]
    old = LabelTemplate(
        id=uuid4(), valid_from=LATER, edition=1, content=content, reason="示例",
        decided_by="user:admin", decided_at=firms.NOW,
    )  # fmt: skip
    session.add(old)
    decide(session, TODAY, caption_unit="产生单位")
    found = shown(session, LATER)
    assert (found["caption_unit"], found["caption_note"]) == ("产生/收集单位", "")


def test_a_template_for_yesterday_or_by_somebody_else_is_refused(session):
    with pytest.raises(InvalidInput) as past:
        decide(session, TODAY.replace(year=2020), caption_note="")
    assert past.value.code == "label_template.past"
    seen = shown(session)
    with pytest.raises(Forbidden):
        label_templates.decide(
            session, actor=Actor(author="user:e", role="enterprise"), values=seen | {"caption_note": ""},
            seen=seen, valid_from=TODAY, reason="x", now=firms.NOW,
        )  # fmt: skip
    with pytest.raises(InvalidInput) as gap:
        decide(session, caption_note="\N{PILE OF POO}")
    assert gap.value.field == "caption_note"
