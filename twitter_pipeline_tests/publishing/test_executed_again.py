"""A run that Dagster executes again from its last step has an old draft: it posts only what is still its item's."""

from __future__ import annotations

import pytest

from twitter_pipeline.publishing import post, steps, uploading
from twitter_pipeline.publishing.drafts import UploadedMedia
from twitter_pipeline.publishing.outcomes import Failed, NotPublishable, Outcome, Posted
from twitter_pipeline.publishing.session import Ended, Session
from twitter_pipeline.store.tasks import Task
from twitter_pipeline_tests.support.world import MakeWorld, World

AWAY = Failed("the network was away")


def begun(here: World, run_id: str, outcome: Outcome) -> UploadedMedia:
    """What a run of the only item hands to its last step, before which it ends so."""
    session = here.open(run_id=run_id)
    assert isinstance(session, Session)
    with session:
        uploaded = uploading.upload(session, steps.prepare(session))
        session.settle(outcome)
    return uploaded


def executed_again(here: World, task: Task, uploaded: UploadedMedia) -> None:
    """The last step once more, which refuses."""
    session = here.open(task, run_id="executed again")
    assert isinstance(session, Session)
    with session:
        with pytest.raises(Ended, match="prepares it anew") as ended:
            post.create(session, uploaded)
        session.settle(ended.value.outcome)


def test_it_does_not_post_what_another_item_has_posted_since(world: MakeWorld) -> None:
    here = world()
    here.put("a.mp4", different=False, title="Cat a")
    here.scan()
    uploaded = begun(here, "first", NotPublishable("its source was not in config.yaml"))
    here.put("b.mp4", different=False, title="Cat b")
    here.scan()
    assert isinstance(here.publish(here.task_of("b.mp4"), run_id="b"), Posted)
    executed_again(here, here.task_of("a.mp4"), uploaded)
    assert here.posted_texts() == ["Cat b"]
    assert "prepares it anew" in str(here.task_of("a.mp4").error_message)
    assert isinstance(here.publish(here.task_of("a.mp4"), run_id="anew"), NotPublishable)


def test_it_does_not_post_the_file_that_was_replaced_since(world: MakeWorld) -> None:
    here = world()
    here.put("a.mp4", different=False, title="Cat a")
    here.scan()
    uploaded = begun(here, "first", AWAY)
    here.put("a.mp4", title="Cat a")
    begun(here, "other", AWAY)
    executed_again(here, here.task(), uploaded)
    assert here.posted_texts() == []


def test_it_does_not_post_the_words_that_were_replaced_since(world: MakeWorld) -> None:
    here = world(sources=[{"type": "text", "path": "texts"}], x={"repeat_window": "0"})
    texts = here.folder / "texts"
    texts.mkdir()
    (texts / "one.txt").write_text("Monday words")
    here.scan()
    uploaded = begun(here, "first", AWAY)
    (texts / "one.txt").write_text("Tuesday words")
    begun(here, "other", AWAY)
    (texts / "two.txt").write_text("Monday words")
    here.scan()
    assert isinstance(here.publish(here.task_of("texts/two.txt"), run_id="two"), Posted)
    executed_again(here, here.task_of("texts/one.txt"), uploaded)
    assert here.posted_texts() == ["Monday words"]
    assert isinstance(here.publish(here.task_of("texts/one.txt"), run_id="anew"), Posted)
    assert here.posted_texts() == ["Monday words", "Tuesday words"]


def test_a_draft_of_the_release_before_goes_out_while_its_content_is_the_tasks(world: MakeWorld) -> None:
    here = world()
    here.put("a.mp4", title="Cat a")
    here.scan()
    session = here.open()
    assert isinstance(session, Session)
    with session:
        uploaded = uploading.upload(session, steps.prepare(session))
        of_before = uploaded.model_dump(mode="json")
        del of_before["draft"]["content"]
        assert post.create(session, UploadedMedia.model_validate(of_before)).tweet_id
    assert here.posted_texts() == ["Cat a"]
