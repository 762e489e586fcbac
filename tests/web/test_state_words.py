"""States of containers and manifests, in words wherever they are told."""

from __future__ import annotations

from wastehub.domain import batch_lifecycle, manifests
from wastehub.services.statutory import documents
from wastehub.web import transport_papers, words
from wastehub.web.pages import manifests as manifest_pages


def test_every_state_has_a_word_wherever_states_are_told() -> None:
    """A state that a page or a file does not know would stand there in code."""
    assert set(words.CONTAINER_STATES) == set(batch_lifecycle.STATES)
    assert set(documents.CONTAINER_STATES) == set(batch_lifecycle.STATES)
    assert set(documents.MANIFEST_STATES) == set(manifests.STATES)
    assert set(transport_papers.STATES_ZH) == set(manifests.STATES)
    assert set(manifest_pages.STATES) == set(manifests.STATES)
