"""What an older release left goes on under this one: nothing lost, nothing posted twice."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from twitter_pipeline.alerting.tick import tick
from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing.outcomes import Posted, Unknown
from twitter_pipeline.publishing.session import Unavailable
from twitter_pipeline.store import accounts, pauses, schema
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.secrets import open_vault
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.support.older import RELEASED, held_still, make_older
from twitter_pipeline_tests.support.world import MakeWorld, declare

#: Before it an attempt did not know its account, so that nobody can look for its post.
LOOKED_FOR_SINCE = "0003"


@pytest.mark.parametrize("version", RELEASED)
def test_all_that_an_older_database_holds_is_kept_and_goes_on(world: MakeWorld, version: str) -> None:
    here = world()
    for name in ("posted", "waiting", "lost"):
        here.put(f"{name}.mp4", title=f"Cat {name}")
    here.put("empty.mp4", title="Nothing").write_bytes(b"")
    here.scan()
    assert isinstance(here.publish(here.task_of("posted.mp4")), Posted)
    here.sandbox.fault("POST /2/tweets", "drop_after")
    here.sandbox.fault("GET /2/users/{id}/tweets", "status", status=503, times=9)
    assert isinstance(here.publish(here.task_of("lost.mp4"), run_id="run-2"), Unknown)
    here.sandbox.clear_faults()
    with writing(here.engine) as connection:
        pauses.pause(connection, "project", "dogs", "a reason", now=utc_now())
    tick(here.engine, here.settings, now=utc_now(), running_since=utc_now())
    keys = here.settings.credentials(here.settings.accounts[0])
    held = make_older(here.engine, version)
    assert {"publishing_tasks": 4, "publishing_attempts": 2, "pauses": 1}.items() <= {
        name: len(rows) for name, rows in held.items()
    }.items()

    schema.upgrade(here.engine)

    assert schema.version(here.engine) == schema.HEAD
    assert held_still(here.engine, held) == held
    with reading(here.engine) as connection:
        if here.engine.dialect.name == "sqlite":  # which checks what refers to what only when it is written
            assert connection.execute(sa.text("PRAGMA foreign_key_check")).all() == []
        account = accounts.by_name(connection, "sandbox")
        assert accounts.credentials(connection, account.id, open_vault(here.settings.home)) == keys
    declare(here.engine, here.settings)
    here.put("new.mp4", title="Cat new")
    assert here.scan().found == 1
    for name in ("waiting", "new"):
        assert isinstance(here.publish(here.task_of(f"{name}.mp4"), run_id=name), Posted)
    for name in ("posted", "lost"):
        assert isinstance(here.open(here.task_of(f"{name}.mp4"), run_id="again"), Unavailable)
    if version >= LOOKED_FOR_SINCE:
        here.look_until_settled(here.task_of("lost.mp4"))
    statuses = {task.media_path: task.status for task in here.tasks()}
    assert statuses["lost.mp4"] is (Status.COMPLETED if version >= LOOKED_FOR_SINCE else Status.UNCONFIRMED)
    assert statuses["empty.mp4"] is Status.SKIPPED
    assert sorted(here.posted_texts()) == ["Cat lost", "Cat new", "Cat posted", "Cat waiting"]
