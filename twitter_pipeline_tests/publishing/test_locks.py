"""Two transactions at the same rows: one waits for the other, and knows then what that one did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.monitoring import easing
from twitter_pipeline.publishing import by_hand, due, holding, post
from twitter_pipeline.publishing.outcomes import Adopted, Failed, Interrupted, Posted
from twitter_pipeline.publishing.reaper import RunState, reap
from twitter_pipeline.publishing.session import Ended, Session
from twitter_pipeline.store import accounts, easings, looks, moves, tasks
from twitter_pipeline.store.easings import ACCOUNT_RESTS
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Event, Move, Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline.store.tasks import Task
from twitter_pipeline_tests.conftest import MakeWorld
from twitter_pipeline_tests.support.waiting import wait_for
from twitter_pipeline_tests.support.world import World

#: SQLite lets one write at a time: there is nothing to wait for within a transaction.
in_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def waits_for_a_lock(here: World, many: int = 1) -> bool:
    """Whether so many transactions do."""
    asked = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with here.engine.connect() as connection:
        return len(connection.execute(sa.text(asked)).all()) >= many


def held(here: World, task: Task) -> Session:
    session = here.open(task, run_id=f"run-{task.id}")
    assert isinstance(session, Session), session
    session.close()
    return session


@in_postgresql
def test_a_post_that_a_person_gives_to_another_item_just_now_is_not_taken_by_a_run(world: MakeWorld) -> None:
    here = world()
    here.put("a.mp4", title="Cat naps")
    here.put("b.mp4", title="Cat naps")
    here.scan()
    session = held(here, here.task_of("a.mp4"))
    another, account = here.task_of("b.mp4").id, session.account.id
    with ThreadPoolExecutor(1) as run:
        with writing(here.engine) as connection:
            tasks.lock(connection, another)
            assert looks.is_free(connection, account, "7")
            found: Future[Any] = run.submit(post._posted, session, Adopted("found", "7", "https://x.com/cats/status/7"))
            wait_for(lambda: found.done() or waits_for_a_lock(here), 20, "the run to wait")
            assert moves.adopt(connection, another, Move(Event.ADOPT, "found", tweet_id="7"), now=utc_now())
        assert isinstance(found.exception(20), Ended)
    assert [task.tweet_id for task in here.tasks()] == [None, "7"]


def ends(session: Session) -> None:
    session.settle(Failed("no connection", x_is_out=True))


def goes_on(session: Session) -> None:
    session.keep_part(Posted("posted 1 of 2", "7", "https://x.com/cats/status/7", left=1), along=lambda _: None)


@in_postgresql
@pytest.mark.parametrize(("says", "then", "errors"), [(ends, Status.PENDING, 2), (goes_on, Status.RUNNING, 0)])
def test_a_run_that_has_heard_of_x_and_a_person_who_launches_its_item_do_not_wait_for_each_other(
    world: MakeWorld, says: Callable[[Session], None], then: Status, errors: int
) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    session, now = held(here, here.task()), utc_now()
    with writing(here.engine) as connection:
        began, until = now - timedelta(minutes=3), now + timedelta(minutes=9)
        assert easings.begin(connection, ACCOUNT_RESTS, "sandbox", 60, "no X", now=began, until=until)
        accounts.erred(connection, session.account.id, session.task.id + 1)
    with ThreadPoolExecutor(1) as run:
        with writing(here.engine) as connection:
            # As whoever takes an item does: the wait of its account first, then the item.
            holding.look(connection, here.settings, here.project, now, lock=True)
            said = run.submit(says, session)
            wait_for(lambda: said.done() or waits_for_a_lock(here), 20, "the run to be done, or to wait")
            tasks.lock(connection, session.task.id)
        said.result(20)
    assert here.task().status is then
    with reading(here.engine) as connection:
        assert accounts.errors_in_a_row(connection, session.account.id) == errors


ACCOUNTS = ("ann", "bob", "cat")


@pytest.fixture
def shared(world: MakeWorld) -> World:
    """Two projects that post with three accounts, in opposite order; each account has waited, the last one first."""

    def sources(names: Sequence[str]) -> list[dict[str, str]]:
        return [{"type": "video", "path": str(place), "account": name} for place, name in enumerate(names)]

    projects = [
        {"id": "one", "path": "cats/one", "sources": sources(ACCOUNTS)},
        {"id": "two", "path": "cats/two", "sources": sources(ACCOUNTS[::-1])},
    ]
    accounts_of = [{"name": name} for name in ("sandbox", *ACCOUNTS)]
    here = world(top={"accounts": accounts_of, "projects": projects})
    now = utc_now()
    with writing(here.engine) as connection:
        for name in reversed(ACCOUNTS):
            began, until = now - timedelta(minutes=3), now + timedelta(minutes=9)
            assert easings.begin(connection, ACCOUNT_RESTS, name, 60, "no X", now=began, until=until)
    return here


def tick(here: World, project: int) -> None:
    due.take(here.engine, here.settings, here.settings.projects[project], instance="here", now=utc_now())


def resumed(here: World) -> None:
    """A minute's look: nothing is left of the errors for which they rest."""
    easing.apply(here.engine, here.settings, [], utc_now())


def turned_off(here: World) -> None:
    monitoring = here.settings.monitoring.model_copy(update={"easing": False})
    easing.apply(here.engine, here.settings.model_copy(update={"monitoring": monitoring}), [], utc_now())


@in_postgresql
@pytest.mark.parametrize("other", [partial(tick, project=1), resumed, turned_off])
def test_ticks_of_projects_that_share_accounts_and_easing_do_not_wait_for_each_other(
    shared: World, other: Callable[[World], None]
) -> None:
    here = shared
    with ThreadPoolExecutor(2) as threads:
        with writing(here.engine) as connection:
            # Whoever comes has one of the waits, and waits for this one.
            easings.in_force(connection, ACCOUNT_RESTS, "bob", now=utc_now(), lock=True)
            both = [threads.submit(tick, here, 0), threads.submit(other, here)]
            wait_for(lambda: waits_for_a_lock(here, 2), 20, "both to wait")
        for one in both:
            one.result(20)
    with reading(here.engine) as connection:
        rest = easings.listing(connection, now=utc_now())
    assert [one.scope for one in rest] == (list(reversed(ACCOUNTS)) if isinstance(other, partial) else [])


def test_a_retry_given_while_the_reaper_looks_stands(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    session = held(here, here.task())
    with writing(here.engine) as connection:
        connection.execute(sa.update(publishing_tasks).values(dagster_instance="here"))

    def meanwhile(suspects: Any) -> list[RunState]:
        session.settle(Interrupted("ended by a person", by_person=True))
        with writing(here.engine) as connection:
            assert by_hand.retry(connection, session.task.id, now=utc_now())
        return [RunState.CANCELED for _ in suspects]

    reap(here.engine, here.project.id, instance="here", run_states=meanwhile, now=utc_now())
    assert here.task().status is Status.PENDING
