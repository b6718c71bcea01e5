"""What `up` says of posts that are held back."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from twitter_pipeline.cli.up.held import Held
from twitter_pipeline.clock import utc_now
from twitter_pipeline.store import accounts, pauses, projects
from twitter_pipeline.store.engine import writing
from twitter_pipeline_tests.support.world import MakeWorld


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    words = [record.getMessage() for record in caplog.records]
    caplog.clear()
    return words


def test_each_reason_is_told_once_and_its_end(world: MakeWorld, caplog: pytest.LogCaptureFixture) -> None:
    here = world(canary=True)
    held = Held(here.engine, every=timedelta(0))
    with caplog.at_level(logging.INFO, "twitter_pipeline"):
        held.show(here.settings)
        assert said(caplog) == [], "the first post may go out"

        here.put("a.mp4", title="Cat a")
        here.scan()
        here.publish()
        held.show(here.settings)
        held.show(here.settings)
        (line,) = said(caplog)
        assert line.startswith("nothing else of cats is posted: the first post is out (http")
        assert line.endswith("look at it, then: twitter-pipeline approve cats")

        with writing(here.engine) as connection:
            projects.approve(connection, "cats", now=utc_now())
        held.show(here.settings)
        assert said(caplog) == ["cats goes on"]

        with writing(here.engine) as connection:
            pauses.pause(connection, "all", "", "holiday", now=utc_now())
        held.show(here.settings)
        assert "everything is paused (holiday)" in said(caplog)[0]


def test_an_account_of_one_source_holds_back_a_part(world: MakeWorld, caplog: pytest.LogCaptureFixture) -> None:
    here = world(
        sources=[{"type": "video"}, {"type": "image", "account": "dogs"}],
        top={"accounts": [{"name": "cats"}, {"name": "dogs"}]},
    )
    with writing(here.engine) as connection:
        accounts.stop(connection, accounts.by_name(connection, "dogs").id, "401")
    with caplog.at_level(logging.INFO, "twitter_pipeline"):
        Held(here.engine).show(here.settings)
    (line,) = said(caplog)
    assert line.startswith("a part of cats is not posted: account dogs is stopped")
