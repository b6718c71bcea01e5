"""Google's limit is reached: who waits, who asks again, and what goes out meanwhile."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from twitter_pipeline.publishing.outcomes import Posted
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.tables import gemini_requests
from twitter_pipeline_tests.support.gemini import MakeAsking, found, line
from twitter_pipeline_tests.support.sandbox import GEMINI
from twitter_pipeline_tests.support.world import World

ORIGINAL = "A cat\n\nIt sleeps.\n\n#cats"


def outcomes(made: World) -> list[str]:
    with reading(made.engine) as connection:
        return list(connection.scalars(sa.select(gemini_requests.c.outcome).order_by(gemini_requests.c.id)))


def test_a_wait_that_google_names_and_that_is_short_is_waited_for(asking: MakeAsking) -> None:
    made = asking(timeout="10 s")
    found(made)
    made.sandbox.gemini_answers("limited", seconds=0.5)
    assert isinstance(made.publish(), Posted)
    assert made.posted_texts()[0].startswith("✨")
    assert outcomes(made) == ["limited", "answered"]


@pytest.mark.parametrize("seconds", [0, 30], ids=["no time named", "30 s"])
def test_a_longer_one_holds_for_all_runs_and_the_originals_go_out(asking: MakeAsking, seconds: int) -> None:
    made = asking(timeout="4 s")
    for name in ("one", "two"):
        made.put(f"{name}.mp4", title=name.title())
    made.scan()
    one, two = made.tasks()
    made.sandbox.gemini_answers("limited", seconds=seconds)
    made.publish(one)
    made.publish(two, run_id="run-2")
    assert made.posted_texts() == ["One", "Two"]
    assert len(made.sandbox.gemini_requests()) == 1, "the second was not even asked about"
    assert outcomes(made) == ["limited"]
    assert re.search(
        r"it answered 429: You exceeded .*; it is not asked before \d\d:\d\d:\d\d UTC", line(made, one).message
    )
    assert re.search(r"Gemini: Google's limit is reached; it is not asked before", line(made, two).message)
    assert line(made, two).details["outcome"] == "limited"
    with reading(made.engine) as connection:
        row = connection.execute(sa.select(gemini_requests)).one()
    assert (
        timedelta(seconds=(seconds or 60) - 5)
        < row.wait_until - row.created_at
        < timedelta(seconds=(seconds or 60) + 5)
    )


def test_a_header_counts_as_much(asking: MakeAsking) -> None:
    made = asking(timeout="10 s")
    found(made)
    made.sandbox.fault(GEMINI, "status", status=503, headers={"retry-after": "1"}, body={"error": {"message": "Busy."}})
    made.publish()
    assert made.posted_texts()[0].startswith("✨")
    assert outcomes(made) == ["limited", "answered"]


@pytest.mark.parametrize("named", ["0", "Sun, 01 Nov 2020 00:00:00 GMT"])
def test_a_wait_of_nothing_is_a_second_and_grows_until_the_originals_go_out(asking: MakeAsking, named: str) -> None:
    made = asking(timeout="3 s")
    found(made)
    made.sandbox.fault(GEMINI, "status", status=429, headers={"retry-after": named}, times="always")
    made.publish()
    assert made.posted_texts() == [ORIGINAL]
    assert outcomes(made) == ["limited"] * 2
    with reading(made.engine) as connection:
        columns = gemini_requests.c
        rows = connection.execute(sa.select(columns.wait_until, columns.created_at).order_by(columns.id)).all()
    first, second = ((row.wait_until - row.created_at).total_seconds() for row in rows)
    # From when it was asked: how long the answer took is in it.
    assert 1 <= first < 30
    assert 2 <= second < 30
