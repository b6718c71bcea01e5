"""The same clip in several languages; what may be posted twice: one content for each account, or for each source."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing.identity import salted
from twitter_pipeline.publishing.outcomes import NotPublishable, Posted
from twitter_pipeline.publishing.preview import preview
from twitter_pipeline.scanning.reasons import REPEAT_REMEDY
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tasks import Task
from twitter_pipeline_tests.support.samples import needs_samples, samples_dir
from twitter_pipeline_tests.support.world import MakeWorld, World

ENGLISH = {"type": "video", "path": "clips", "metadata": "texts", "language": "en"}
GERMAN = {**ENGLISH, "language": "de", "fallback_languages": ["en"]}
ACCOUNTS = {"accounts": [{"name": "sandbox"}, {"name": "other"}]}


def put_both(here: World) -> None:
    """One clip, with a title in each language."""
    here.put("clips/cat.mp4")
    texts = here.folder / "texts"
    texts.mkdir(exist_ok=True)
    (texts / "en_batch.json").write_text('{"cat.mp4": {"title": "Cat naps"}}', encoding="utf-8")
    (texts / "de_batch.json").write_text('{"cat.mp4": {"title": "Katze döst"}}', encoding="utf-8")


def publish_all(here: World) -> list[tuple[Task, Any]]:
    """Post each task, oldest first; what came of it."""
    return [(task, here.publish(task, run_id=f"run-{task.id}")) for task in here.tasks()]


def test_two_languages_of_one_clip_are_one_post_and_the_other_names_it_with_the_remedy(world: MakeWorld) -> None:
    here = world(sources=[ENGLISH, GERMAN])
    put_both(here)
    here.scan()
    (_, first), (second_task, second) = publish_all(here)
    assert isinstance(first, Posted)
    assert isinstance(second, NotPublishable)
    assert here.posted_texts() == ["Cat naps"]
    reason = f"the same file as clips/cat.mp4 of another source, which is completed; {REPEAT_REMEDY}"
    (skipped,) = [task for task in here.tasks() if task.id == second_task.id]
    assert (skipped.status, skipped.error_message) == (Status.SKIPPED, reason)
    shown = preview(here.engine, here.settings, skipped, now=utc_now())
    assert reason in shown.why_not
    assert shown.draft is not None
    assert shown.draft.text == "Katze döst"


def test_once_the_source_may_repeat_its_item_goes_out_by_itself(world: MakeWorld) -> None:
    here = world(sources=[ENGLISH, GERMAN])
    put_both(here)
    here.scan()
    publish_all(here)
    edited = world(sources=[ENGLISH, {**GERMAN, "repeat": True}])
    edited.scan()
    (task,) = [task for task in edited.tasks() if task.status is Status.PENDING]
    assert preview(edited.engine, edited.settings, task, now=utc_now()).why_not == ()
    assert isinstance(edited.publish(task, run_id="again"), Posted)
    assert edited.posted_texts() == ["Cat naps", "Katze döst"]
    edited.scan()
    assert {task.status for task in edited.tasks()} == {Status.COMPLETED}


def test_a_source_that_repeats_does_not_repeat_itself(world: MakeWorld) -> None:
    here = world(sources=[ENGLISH, {**GERMAN, "repeat": True}])
    put_both(here)
    shutil.copy(here.folder / "clips/cat.mp4", here.folder / "clips/copy.mp4")
    for language in ("en", "de"):
        (here.folder / f"clips/copy.{language}.json").write_text('{"title": "Copy"}', encoding="utf-8")
    here.scan()
    outcomes = [outcome for _, outcome in publish_all(here)]
    assert [type(outcome) for outcome in outcomes].count(Posted) == 2
    refused = [outcome.reason for outcome in outcomes if isinstance(outcome, NotPublishable)]
    assert refused == ["the same file as clips/cat.mp4, which is completed"] * 2
    for _ in range(3):
        here.scan()
    assert sorted(task.status for task in here.tasks()) == [Status.COMPLETED] * 2 + [Status.SKIPPED] * 2


@pytest.mark.parametrize(
    ("sources", "posts"),
    [
        ([{}, {"account": "other"}], 2),
        ([{}, {"account": "sandbox"}], 1),
        ([{"account": "other"}, {"account": "other", "language": "de"}], 1),
        ([{"repeat": True}, {"repeat": True, "language": "de"}], 2),
        ([{}, {"repeat": True, "language": "de"}, {"language": "fr"}], 2),
        ([{"account": "other"}, {"account": "other", "language": "de", "repeat": True}, {}], 3),
    ],
)
def test_one_content_counts_once_for_each_account_and_each_source_that_repeats(
    world: MakeWorld, sources: list[dict[str, Any]], posts: int
) -> None:
    project = world(top=ACCOUNTS, sources=[{**ENGLISH, **source} for source in sources]).project
    assert len({salted("f00d", project, source) for source in project.sources}) == posts


def test_the_project_s_own_content_keeps_the_plain_hash(world: MakeWorld) -> None:
    project = world(sources=[ENGLISH]).project
    assert salted("f00d", project, project.sources[0]) == "f00d"


@needs_samples
def test_the_first_user_s_project_in_a_second_language_falls_back_to_the_words_there_are(world: MakeWorld) -> None:
    sample = samples_dir() / "maker_music_makerthins"
    source = {"type": "video", "path": "output_video_music", "metadata": "uploader_json"}
    here = world(
        path=str(sample),
        sources=[source, {**source, "language": "de", "fallback_languages": ["en"]}, {**source, "language": "fr"}],
    )
    here.scan()
    tasks = here.tasks()
    assert len(tasks) == 3 * 27
    english, german, french = (tasks[begin : begin + 27] for begin in (0, 27, 54))
    assert [task.content_data for task in english] == [task.content_data for task in german]
    assert all(task.metadata_path and Path(task.metadata_path).name.startswith("en_") for task in german)
    assert {task.metadata_path for task in french} == {None}
    assert isinstance(here.publish(english[0], run_id="one"), Posted)
    refused = here.publish(german[0], run_id="two")
    assert refused.reason.endswith(f"{english[0].media_path} of another source, which is completed; {REPEAT_REMEDY}")
