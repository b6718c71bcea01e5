"""0004: what was sent and counted before links, skipped and retried were kept."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from twitter_pipeline.analytics import hourly
from twitter_pipeline.store import schema
from twitter_pipeline.store.engine import connect, reading, writing
from twitter_pipeline.store.tables import publishing_attempts
from twitter_pipeline_tests.analytics.happenings import HOUR
from twitter_pipeline_tests.store.test_schema import MIGRATIONS


def test_older_posts_have_their_links_and_older_hours_are_counted_anew(database_url: str) -> None:
    from alembic import command
    from alembic.config import Config

    engine = connect(database_url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS.parent))
    schema._make_namespace(engine)
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
    old = sa.MetaData()
    old.reflect(engine)
    names = ("created_at", "updated_at", "scheduled_time", "not_before", "prepared_at")
    hour = HOUR.replace(tzinfo=None) if engine.dialect.name == "sqlite" else HOUR
    times = dict.fromkeys(names, hour)

    def put(connection: sa.Connection, table: str, **values: object) -> None:
        columns = old.tables[table].c
        known = {name: at for name, at in times.items() if name in columns}
        connection.execute(sa.insert(old.tables[table]).values(known | values))

    with writing(engine) as connection:
        put(connection, "users", id=1, username="ann")
        put(connection, "api_keys", id=1, user_id=1, key_name="a")
        put(connection, "projects", id="cats", user_id=1, api_key_id=1, name="cats", project_path=".")
        source = {"source_type": "video", "source_path": ".", "config": {}, "key": "k"}
        put(connection, "content_sources", id=1, project_id="cats", **source)
        task = {"media_path": "a.mp4", "content_data": {}, "partition_key": "a", "status": "completed"}
        put(connection, "publishing_tasks", id=1, project_id="cats", content_source_id=1, **task)
        sent = {"task_id": 1, "fence": 1, "run_id": "r", "state": "confirmed", "media_ids": []}
        for number, text in enumerate(("no link", "see https://example.com"), 1):
            put(connection, "publishing_attempts", number=number, text=text, **sent)
        line = {"action": "found", "status": "pending", "message": "found", "details": {}}
        put(connection, "publishing_log", id=1, task_id=1, **line)
        counts = dict.fromkeys(("tasks_created", "tasks_completed", "tasks_failed"), 1)
        put(connection, "analytics_hourly", project_id="cats", hour=hour, last_log_id=1, **counts)
    schema.upgrade(engine)
    with reading(engine) as connection:
        attempts = publishing_attempts.c
        links = connection.scalars(sa.select(attempts.has_link).order_by(attempts.number)).all()
    assert links == [False, True]
    assert hourly.stale_hours(engine, now=HOUR + timedelta(hours=3)) == [HOUR]
    engine.dispose()
