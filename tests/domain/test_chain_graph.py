"""Containers part and meet: the lanes of a chain."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wastehub.domain.chain_graph import Act, Placed, lay_out


def act(labels: str, ended: str = "") -> Act:
    return Act(frozenset(labels), frozenset(ended))


def lanes(*acts: Act) -> list[int]:
    return [row.lane for row in lay_out(acts)]


def test_what_travels_together_stays_on_one_lane() -> None:
    rows = lay_out([act("abc"), act("abc"), act("abc", "abc")])
    assert [row.lane for row in rows] == [0, 0, 0]
    assert [row.leaving for row in rows] == [(0,), (0,), ()]
    assert not any(row.apart or row.joined for row in rows)


def test_an_act_on_some_branches_and_the_rest_stays() -> None:
    first, second = lay_out([act("abc"), act("a")])
    assert second == Placed(1, from_lanes=(0,), passing=(0,), leaving=(0, 1), apart=2)
    assert first.leaving == (0,)


def test_lanes_meet_in_an_act_on_labels_of_both() -> None:
    rows = lay_out([act("abc"), act("a"), act("abc")])
    assert rows[2].lane == 0
    assert rows[2].from_lanes == (0, 1)
    assert rows[2].joined == 2
    assert rows[2].leaving == (0,)


def test_a_lane_that_ended_is_used_again() -> None:
    assert lanes(act("ab"), act("a"), act("a", "a"), act("b"), act("c")) == [0, 1, 1, 0, 1]


def test_children_of_a_repacking_join_their_parents_lane() -> None:
    rows = lay_out([act("ab"), act("abc", "ab"), act("c", "c")])
    assert [row.lane for row in rows] == [0, 0, 0]
    assert rows[2].apart == 0


def test_an_act_without_labels_stands_beside_and_moves_nothing() -> None:
    rows = lay_out([act("ab"), act("a"), act(""), act("ab")])
    assert rows[2] == Placed(0, from_lanes=(0,), passing=(1,), leaving=(0, 1))
    assert rows[3].joined == 2
    assert lay_out([act("")]) == [Placed(0, (), (), ())]


@given(st.lists(st.frozensets(st.sampled_from("abcdef"), max_size=6), max_size=30))
def test_every_label_is_on_exactly_one_lane(sets: list[frozenset[str]]) -> None:
    seen: set[str] = set()
    for labels, row in zip(sets, lay_out([Act(each) for each in sets]), strict=True):
        seen |= labels
        assert not labels or row.lane in row.leaving
        assert len(set(row.leaving)) == len(row.leaving) <= max(1, len(seen))
        assert set(row.passing) <= set(row.leaving)
