"""At a start, posts on the timeline that are not ours are told, and cost little to find."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from requests_oauthlib import OAuth1Session

from twitter_pipeline.cli.up import timeline
from twitter_pipeline.config import KEYS
from twitter_pipeline.publishing import foreign
from twitter_pipeline.publishing.foreign import Foreign
from twitter_pipeline.publishing.session import utc_now
from twitter_pipeline.store import accounts
from twitter_pipeline.store.engine import reading
from twitter_pipeline_tests.support.world import MakeWorld, World

TIMELINE = "GET /2/users/{id}/tweets"


def look(world: World) -> Foreign | None:
    with reading(world.engine) as connection:
        account = accounts.by_name(connection, "sandbox")
    return foreign.look(world.engine, world.settings, account.id, now=utc_now() + timedelta(seconds=1))


def post_elsewhere(world: World, text: str, username: str = "sandbox") -> str:
    keys = world.sandbox.credentials(username)
    with OAuth1Session(*keys.values()) as session:
        answer = session.post(f"{world.sandbox.url}/2/tweets", json={"text": text})
    assert answer.status_code == 201
    return str(answer.json()["data"]["id"])


def post_here(world: World, name: str) -> None:
    world.put(f"{name}.mp4", title=f"Cat {name}")
    world.scan()
    world.publish(world.task_of(f"{name}.mp4"), run_id=name)


@pytest.fixture
def here(world: MakeWorld) -> World:
    return world()


def test_the_first_look_only_remembers_where_the_timeline_is(here: World) -> None:
    for number in range(7):
        post_elsewhere(here, f"Years ago {number}")
    assert look(here) is None
    assert look(here) is None


def test_posts_of_others_are_told_once_and_ours_never(here: World) -> None:
    post_here(here, "a")
    assert look(here) is None
    post_here(here, "b")
    assert look(here) is None
    others = [post_elsewhere(here, f"From another machine {number}") for number in range(2)]
    post_here(here, "c")

    found = look(here)

    assert found is not None
    assert (found.account, found.number, found.or_more, found.maybe_ours) == ("sandbox", 2, False, False)
    assert found.newest.endswith(f"/sandbox/status/{others[-1]}")
    for words in ("2 posts since the last start are not from here", found.newest, "another machine", "an older copy"):
        assert words in str(found)
    assert look(here) is None


def test_of_an_empty_timeline_every_later_post_counts(here: World) -> None:
    assert look(here) is None
    post_elsewhere(here, "The first of all")
    found = look(here)
    assert found is not None
    assert "1 post since the last start is not from here" in str(found)


def test_one_whose_answer_was_lost_may_be_ours(here: World) -> None:
    look(here)
    here.sandbox.fault("POST /2/tweets", "drop_after")
    post_here(here, "a")
    found = look(here)
    assert found is not None
    assert found.maybe_ours
    assert "may be the item that is unconfirmed here" in str(found)


def test_a_post_made_after_the_start_is_left_for_the_next(here: World) -> None:
    look(here)
    started = utc_now() - timedelta(minutes=1)
    post_elsewhere(here, "Just now")
    with reading(here.engine) as connection:
        account = accounts.by_name(connection, "sandbox")
    assert foreign.look(here.engine, here.settings, account.id, now=started) is None
    assert look(here) is not None


def test_one_page_is_read_and_a_full_one_says_so(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "PAGE", 5)
    look(here)
    for number in range(7):
        post_elsewhere(here, f"Another {number}")
    found = look(here)
    assert found is not None
    assert "5 or more posts" in str(found)
    assert look(here) is None


class TestStart:
    """What `up` does with it."""

    @pytest.fixture(autouse=True)
    def _log(self, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
        with caplog.at_level(logging.INFO, "twitter_pipeline"):
            yield

    def test_every_account_that_posts_is_looked_at(self, world: MakeWorld, caplog: pytest.LogCaptureFixture) -> None:
        here = world(
            sources=[{"type": "video"}, {"type": "image", "account": "dogs"}],
            top={"accounts": [{"name": "cats"}, {"name": "dogs"}]},
        )
        timeline.begin(here.engine, here.settings).join(20)
        for name in ("cats", "dogs"):
            post_elsewhere(here, f"By {name}", name)
        assert caplog.records == []
        timeline._look(here.engine, here.settings, utc_now() + timedelta(seconds=1))
        assert [record.levelname for record in caplog.records] == ["WARNING"] * 2
        assert {record.getMessage().split(":")[0] for record in caplog.records} == {"account cats", "account dogs"}

    @pytest.mark.parametrize("fault", [{"kind": "status", "status": 403}, {"kind": "drop"}])
    def test_x_being_away_ends_nothing(
        self, here: World, caplog: pytest.LogCaptureFixture, fault: dict[str, object]
    ) -> None:
        here.sandbox.fault(TIMELINE, **fault)  # type: ignore[arg-type]
        timeline.begin(here.engine, here.settings).join(20)
        (record,) = caplog.records
        assert record.levelname == "INFO"
        assert "the timeline of account sandbox was not looked at: " in record.getMessage()

    def test_it_holds_up_nothing(self, here: World) -> None:
        here.sandbox.fault(TIMELINE, "delay", seconds=2)
        began = utc_now()
        thread = timeline.begin(here.engine, here.settings)
        assert utc_now() - began < timedelta(seconds=1)
        assert thread.daemon
        thread.join(20)

    def test_live_posts_that_go_elsewhere_are_told(self, world: MakeWorld, caplog: pytest.LogCaptureFixture) -> None:
        here = world(top={"mode": "live", "accounts": [{"name": "a", **dict.fromkeys(KEYS, "k")}]})
        elsewhere = here.settings.model_copy(update={"projects": ()})
        timeline.begin(here.engine, elsewhere).join(20)
        assert f"posts go to {here.sandbox.url} (x.base_url), not to X's own address" in caplog.text
        caplog.clear()
        x = here.settings.x.model_copy(update={"base_url": None})
        timeline.begin(here.engine, elsewhere.model_copy(update={"x": x})).join(20)
        assert caplog.text == ""
