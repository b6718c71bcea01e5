"""X's labels: said by the source, by a sidecar before it, and sent as they are shown."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing.drafts import Draft
from twitter_pipeline.publishing.outcomes import Posted
from twitter_pipeline.publishing.preview import preview
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.tables import publishing_attempts
from twitter_pipeline_tests.scanning.scans import lines
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.world import MakeWorld, World

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BOTH = ["made_with_ai", "paid_partnership"]


def previewed(here: World) -> Draft:
    draft = preview(here.engine, here.settings, here.task(), now=utc_now()).draft
    assert draft is not None
    return draft


def sent(here: World) -> list[str]:
    """The labels of the only post as the judge has it; the database says the same."""
    assert isinstance(here.publish(), Posted)
    (post,) = here.sandbox.posts()
    labels: list[str] = post["labels"]
    with reading(here.engine) as connection:
        assert connection.scalars(sa.select(publishing_attempts.c.labels)).all() == [labels]
    return labels


def clip(here: World, **metadata: Any) -> None:
    here.put(title="Cat naps", **metadata)
    here.scan()


@pytest.mark.parametrize(
    ("source", "sidecar", "labels"),
    [
        ({}, {}, []),
        ({"made_with_ai": True, "paid_partnership": True}, {}, BOTH),
        ({"made_with_ai": True, "paid_partnership": True}, {"made_with_ai": False}, ["paid_partnership"]),
        ({}, {"made_with_ai": True, "paid_partnership": "Yes"}, BOTH),
        ({"made_with_ai": "when_enhanced"}, {}, []),
        ({"made_with_ai": "when_enhanced"}, {"made_with_ai": True}, ["made_with_ai"]),
        ({"paid_partnership": True}, {"paid_partnership": None}, ["paid_partnership"]),
    ],
)
def test_the_source_says_it_and_the_sidecar_before_it(
    world: MakeWorld, source: dict[str, Any], sidecar: dict[str, Any], labels: list[str]
) -> None:
    here = world(sources=[source])
    clip(here, **sidecar)
    draft = previewed(here)
    assert (list(draft.labels), draft.unused) == (labels, ())
    assert sent(here) == labels


@on_sqlite
@pytest.mark.parametrize("value", [1, "maybe", [True], {"is": True}, 0.0])
def test_what_is_neither_true_nor_false_is_told_and_not_taken(world: MakeWorld, value: Any) -> None:
    here = world(sources=[{"paid_partnership": True}])
    clip(here, paid_partnership=value, made_with_ai=value)
    (one, other) = previewed(here).unused
    assert one == "the sidecar's made_with_ai: it is neither true nor false; what the source says holds"
    assert sent(here) == ["paid_partnership"]
    (said,) = [line.message for line in lines(here) if line.action == "prepared"]
    assert f"not used: {one}; not used: {other}" in said


@on_sqlite
def test_a_sidecar_with_many_other_fields_is_heard(world: MakeWorld) -> None:
    here = world()
    clip(here, **{f"field{number}": number for number in range(40)}, made_with_ai=True)
    assert sent(here) == ["made_with_ai"]


@on_sqlite
@pytest.mark.parametrize(("answer", "labels"), [(None, ["made_with_ai"]), ("blocked", [])])
def test_only_words_by_gemini_are_labelled_when_enhanced(
    world: MakeWorld, sandbox: SandboxServer, answer: str | None, labels: list[str]
) -> None:
    gemini = {"gemini": {"base_url": sandbox.url, "timeout": "5 s"}}
    here = world(sources=[{"gemini": True, "made_with_ai": "when_enhanced"}], top=gemini)
    clip(here)
    if answer is not None:
        here.sandbox.gemini_answers(answer, times="always")
    assert previewed(here).labels == ()
    assert sent(here) == labels
