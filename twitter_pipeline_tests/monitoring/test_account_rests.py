"""X answers an account only with errors: it waits, one item tries, and all go on when X is there again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from twitter_pipeline.alerting import keeping
from twitter_pipeline.cli import status
from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing import due, post
from twitter_pipeline.publishing.due import Due
from twitter_pipeline.publishing.outcomes import Failed, Posted, Unknown
from twitter_pipeline.publishing.session import Session, Unavailable, Worker, open_session
from twitter_pipeline.store import accounts, breaker
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import api_keys, easings
from twitter_pipeline.store.tasks import Task
from twitter_pipeline_tests.monitoring.conftest import QUIET, Watched
from twitter_pipeline_tests.monitoring.easing_world import eased, names, watch
from twitter_pipeline_tests.support.world import MakeWorld, World

RESTS = "account_rests sandbox"
ERRORS = [("errors", "sandbox")]
TWEETS, UPLOAD = "POST /2/tweets", "POST /2/media/upload/initialize"
WAIT = round(breaker.FIRST_WAIT.total_seconds())


@pytest.fixture
def here(world: MakeWorld) -> World:
    """Two projects that post with one account, each with four films."""
    projects = [{"id": id, "path": f"cats/{id}", "sources": [{"type": "video"}]} for id in ("cats", "dogs")]
    made = world(top={**QUIET, "projects": projects})
    for project in made.settings.projects:
        project.path.mkdir()
        for number in range(4):
            made.put(f"{project.path}/{project.id}{number}.mp4", title=f"{project.id} {number}")
    for project in made.settings.projects:
        World(made.engine, made.settings.model_copy(update={"projects": (project,)}), made.sandbox, made.clip).scan()
    made.looked_through()
    return made


def take(here: World) -> list[Due]:
    """The ticks of both projects."""
    return [
        due.take(here.engine, here.settings, project, instance="here", now=utc_now())
        for project in here.settings.projects
    ]


def launched(here: World) -> list[int]:
    return [launch.task_id for one in take(here) for launch in one.launches]


def run(here: World, task_id: int) -> object:
    """What the run of a launch does."""
    (task,) = [task for task in here.tasks() if task.id == task_id]
    session = open_session(
        here.engine,
        here.settings,
        task.project_id,
        task.partition_key,
        Worker(f"run-{task_id}-{task.attempt + 1}", "here"),
    )
    assert isinstance(session, Session), session
    with session:
        return post.publish(session)


def tried_in_vain(here: World, *tasks: Task) -> None:
    """Attempts of these find no X."""
    here.sandbox.fault(TWEETS, "status", status=500, times=len(tasks))
    assert all(isinstance(here.publish(task, run_id=f"in-vain-{task.id}"), Unknown) for task in tasks)


def let_pass(here: World, time: timedelta) -> None:
    """So much time passes for the easing and the account."""
    with writing(here.engine) as connection:
        for table, names in ((easings, ("began_at", "stepped_at", "until")), (api_keys, ("wait_until",))):
            for row in connection.execute(sa.select(table)).mappings().all():
                earlier = {name: row[name] - time for name in names if row[name] is not None}
                if earlier:
                    connection.execute(sa.update(table).where(table.c.id == row["id"]).values(**earlier))


def rests(here: World) -> Watched:
    """X finds nobody three times, and the alarm is seen."""
    tried_in_vain(here, *here.tasks()[:3])
    watched = watch(here.engine, here.settings)
    assert names(watched.look()) == ERRORS
    assert eased(here.engine) == {RESTS: WAIT}
    return watched


def alerts(here: World) -> list[str]:
    with reading(here.engine) as connection:
        return [alert.cause for alert in keeping.listing(connection)]


def test_it_waits_one_item_tries_and_all_go_out_once(here: World) -> None:
    watched = rests(here)

    assert launched(here) == []
    held = here.open(here.tasks()[5])
    assert isinstance(held, Unavailable)
    assert "account sandbox waits until" in held.reason
    assert "X answers only errors (5xx, or none at all), 3 items in a row" in held.reason
    assert alerts(here) == ["resting:sandbox", "alarm:errors"]
    state = status.read(here.engine, here.settings, utc_now())
    assert [(one["action"], one["scope"]) for one in state["easings"]] == [("account_rests", "sandbox")]

    let_pass(here, breaker.FIRST_WAIT)
    (first,) = launched(here)
    assert launched(here) == [], "it is on its way"
    for one in take(here):
        assert "tries whether it is there again" in str(one.why_not)
    here.sandbox.fault(TWEETS, "status", status=502)
    assert isinstance(run(here, first), Unknown)
    assert eased(here.engine) == {RESTS: 2 * WAIT}
    let_pass(here, breaker.FIRST_WAIT)
    assert launched(here) == [], "twice as long by now"

    let_pass(here, breaker.FIRST_WAIT)
    (second,) = launched(here)
    assert second != first
    assert isinstance(run(here, second), Posted)
    assert eased(here.engine) == {}
    rest = launched(here)
    assert len(rest) == 3
    for task_id in rest:
        assert isinstance(run(here, task_id), Posted)

    for task in here.tasks()[:3] + [task for task in here.tasks() if task.id == first]:
        here.look_until_settled(task)
    with writing(here.engine) as connection:
        connection.execute(sa.text("UPDATE publishing_tasks SET not_before = created_at, scheduled_time = created_at"))
    for task_id in launched(here):
        assert isinstance(run(here, task_id), Posted)
    every = sorted(post["text"] for post in here.sandbox.posts(deleted=True))
    assert every == sorted(f"{id} {number}" for id in ("cats", "dogs") for number in range(4))
    waited = {task.id for task in here.tasks() if task.retry_count == 0}
    assert {second, *rest} <= waited, "what waited has used up no retry"
    assert watched.look() == []
    watched.now += keeping.GONE_FOR
    watched.look()
    assert alerts(here) == []


def test_ticks_and_people_at_once_let_one_try(here: World) -> None:
    rests(here)
    let_pass(here, breaker.FIRST_WAIT)
    waiting = [task for task in here.tasks() if task.status is Status.PENDING]

    def by_hand(task: Task) -> Callable[[], object]:
        return lambda: here.open(task, run_id=f"hand-{task.id}")

    racers = [lambda: take(here), by_hand(waiting[0]), by_hand(waiting[4]), lambda: take(here), by_hand(waiting[2])]
    with ThreadPoolExecutor(len(racers)) as threads:
        ended = [future.result() for future in [threads.submit(racer) for racer in racers]]

    under_way = [task.id for task in here.tasks() if task.status in (Status.QUEUED, Status.RUNNING)]
    for session in ended:
        if isinstance(session, Session):
            session.close()
    assert len(under_way) == 1


def test_one_item_alone_tells_nothing_and_so_does_an_answer_in_between(here: World) -> None:
    poison, *others = here.tasks()
    for number in range(4):
        here.sandbox.fault(UPLOAD, "status", status=500)
        assert isinstance(here.publish(poison, run_id=f"poison-{number}"), Failed)
    watched = watch(here.engine, here.settings)
    assert names(watched.look()) == ERRORS
    assert eased(here.engine) == {}

    tried_in_vain(here, others[0])
    assert isinstance(here.publish(others[1], run_id="answered"), Posted)
    tried_in_vain(here, others[2], others[3])
    assert names(watched.look()) == ERRORS
    assert eased(here.engine) == {}
    tried_in_vain(here, others[4])
    watched.change(errors_percent=100)
    assert watched.look() == []
    assert eased(here.engine) == {}, "without an alarm nothing is eased"


def test_the_first_post_of_a_thread_is_an_answer(world: MakeWorld) -> None:
    here = world(sources=[{"type": "video", "overflow": "thread"}], top=QUIET)
    for number in range(3):
        here.put(f"{number}.mp4", title=f"cat {number}")
    story = " ".join(f"Sentence number {number} of a long story about a cat." for number in range(9))
    here.put("long.mp4", title="A long day", description=story)
    here.scan()
    here.looked_through()
    rests(here)
    let_pass(here, breaker.FIRST_WAIT)
    here.sandbox.fault(TWEETS, "status", status=500, after=1)
    (tries,) = launched(here)
    assert isinstance(run(here, tries), Unknown)
    assert len(here.posted_texts()) == 1
    assert eased(here.engine) == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("how", ["off", "resumed", "nothing to try with", "no monitoring"])
def test_it_ends_in_any_case(here: World, how: str) -> None:
    watched = rests(here)
    if how == "off":
        watched.change(easing=False)
    elif how == "resumed":
        with writing(here.engine) as connection:
            assert accounts.resume(connection, "sandbox")
    else:
        let_pass(here, breaker.FIRST_WAIT + breaker.TRIED_WITHIN)
    if how != "no monitoring":
        assert names(watched.look()) == ERRORS
    assert eased(here.engine) == {}
    assert len(launched(here)) == 5


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_one_that_uploads_for_long_is_waited_for(here: World) -> None:
    watched = rests(here)
    let_pass(here, breaker.FIRST_WAIT)
    (first,) = launched(here)
    (task,) = [task for task in here.tasks() if task.id == first]
    session = here.open(task)
    assert isinstance(session, Session)
    with session:
        for _ in range(6):
            let_pass(here, timedelta(minutes=3))
            watched.look()
        assert launched(here) == []
        assert eased(here.engine) == {RESTS: WAIT}
