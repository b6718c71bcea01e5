"""What the API shows: projects, tasks in pages, their logs, figures, how everything is."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from twitter_pipeline.api import listing
from twitter_pipeline.api.models import TaskOut, TaskPage
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.status import Event, Status
from twitter_pipeline.store.tables import analytics_hourly, publishing_log, publishing_tasks
from twitter_pipeline_tests.api.conftest import Serve
from twitter_pipeline_tests.cli.conftest import call
from twitter_pipeline_tests.publishing.test_canary import half_a_thread
from twitter_pipeline_tests.support.api import Api
from twitter_pipeline_tests.support.items import NOW, carry_out
from twitter_pipeline_tests.support.world import MakeWorld, World

TASKS = 7


def filled(world: MakeWorld) -> World:
    """A world with TASKS pending items, the first of them skipped."""
    here = world()
    for number in range(TASKS):
        here.put(f"{number}.mp4", title=f"Cat {number}")
    here.scan()
    carry_out(here.engine, here.task_of("0.mp4").id, Event.SKIP)
    return here


def walk(api: Api, query: str) -> list[int]:
    """The ids of all pages."""
    found: list[int] = []
    cursor = ""
    while True:
        page = api.get(f"/api/tasks?{query}{cursor}")
        found += [task["id"] for task in page["tasks"]]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


def test_pages_show_each_task_once_the_newest_first(world: MakeWorld, api: Serve) -> None:
    here = filled(world)
    served = api(here)
    ids = sorted((task.id for task in here.tasks()), reverse=True)
    assert walk(served, "limit=200") == ids
    assert walk(served, "limit=2") == ids
    assert walk(served, "limit=2&project=cats") == ids
    assert walk(served, "limit=2&status=pending&status=skipped") == ids
    first = served.get("/api/tasks?limit=3")
    here.put("new.mp4")
    here.scan()
    assert walk(served, f"limit=3&cursor={first['next']}") == ids[3:], "what is found meanwhile moves no page"


def test_tasks_are_filtered_by_state_text_and_time(world: MakeWorld, api: Serve) -> None:
    here = filled(world)
    served = api(here)
    assert walk(served, "status=skipped") == [here.task_of("0.mp4").id]
    assert walk(served, "status=failed") == []
    assert walk(served, "text=3.MP4") == [here.task_of("3.mp4").id]
    assert walk(served, "text=%25") == [], "no pattern: a text"
    assert walk(served, "text=3.&status=pending&status=failed") == [here.task_of("3.mp4").id]
    assert walk(served, "text=3.mp4&status=skipped") == []
    assert len(walk(served, "text=MP4&limit=3")) == TASKS
    found = here.task_of("0.mp4").created_at
    after = quote((found + timedelta(seconds=1)).isoformat())
    assert walk(served, f"found_from={after}") == []
    assert len(walk(served, f"found_before={after}&limit=3")) == TASKS
    answer = served.ask("GET", "/api/tasks?project=dogs")
    assert (answer.status, answer.json["errors"][0]["field"]) == (404, "query.project")


def test_a_page_has_all_that_the_document_says_of_a_task(world: MakeWorld, api: Serve) -> None:
    """It is written without the model that says so."""
    here = filled(world)
    here.put("album/a.mp4", title="Album")
    here.scan()
    answer = api(here).ask("GET", "/api/tasks?limit=200")
    page = TaskPage.model_validate_json(answer.body, strict=True)
    assert all(task.keys() == TaskOut.model_fields.keys() for task in answer.json["tasks"])
    shown = {task.id: task for task in page.tasks}
    assert shown == {task.id: TaskOut.of(task, here.settings) for task in here.tasks()}


def test_a_text_is_found_wherever_its_item_went(world: MakeWorld, api: Serve) -> None:
    """The names are searched through an index of their own, which follows them."""
    here = filled(world)
    served = api(here)
    task = here.task_of("3.mp4").id
    long = "Grüße-%_'\"*" + "x" * 150
    with writing(here.engine) as connection:
        changed = sa.update(publishing_tasks).where(publishing_tasks.c.id == task)
        connection.execute(changed.values(media_path=f"deep/{long}.mp4", partition_key="moved-away"))
    for text in ("p/gr", "GRü", "ße-%_'", "'\"*", long, "eep", "ed-aw", "p/", "%_"):
        assert walk(served, f"text={quote(text)}") == [task], text
    for text in ("3.mp4", "xxx%", "_'\"_", "aw/eep", "x" * 151, "eep moved", "OR mp4", "-mp4"):
        assert walk(served, f"text={quote(text)}") == [], text
    with writing(here.engine) as connection:
        connection.execute(sa.delete(publishing_log).where(publishing_log.c.task_id == task))
        connection.execute(sa.delete(publishing_tasks).where(publishing_tasks.c.id == task))
    assert walk(served, "text=moved") == []
    assert len(walk(served, "text=mp4&limit=2")) == TASKS - 1


def test_a_text_is_looked_for_in_the_index_of_the_names(engine: sa.Engine) -> None:
    postgresql = engine.dialect.name == "postgresql"
    plan: list[str] = []

    def explain(_: sa.Connection, cursor: Any, statement: str, parameters: Any, *__: object) -> None:
        cursor.execute(f"EXPLAIN {'' if postgresql else 'QUERY PLAN'} {statement}", parameters)
        plan.extend(str(row) for row in cursor.fetchall())

    with engine.connect() as connection:
        for way in ("seqscan", "indexscan") if postgresql else ():  # shorter while the table is empty
            connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
        sa.event.listen(connection, "before_cursor_execute", explain)
        below = None if postgresql else 9  # of an empty table the numbers are shorter, too
        listing.page(connection, listing.Wanted(projects=["cats", "dogs"], text="holiday", below=below), 50)
    said = "".join(plan)
    assert "ix_publishing_tasks_trigrams" in said if postgresql else "SCAN task_names VIRTUAL TABLE INDEX" in said
    assert "TEMP B-TREE" not in said, "SQLite looks from the newest on, so that it ends with the page"


def test_a_project_shows_counts_and_when_it_goes_on(world: MakeWorld, api: Serve) -> None:
    here = filled(world)
    (project,) = api(here).get("/api/projects")["projects"]
    assert project["counts"] == {"pending": TASKS - 1, "skipped": 1}
    assert (project["id"], project["account"], project["owner"]) == ("cats", "sandbox", "owner")
    assert project["last_scan_time"] is not None
    assert project["next_post"] is not None
    assert project["held_back"] is None


def test_a_project_says_that_it_waits_for_half_a_thread(world: MakeWorld, api: Serve) -> None:
    here = half_a_thread(world)
    (project,) = api(here).get("/api/projects")["projects"]
    assert "is a thread that is on X in part, and goes on by itself" in project["held_back"]
    assert datetime.fromisoformat(project["next_post"]) == here.task_of("d.mp4").scheduled_time


def test_a_posted_task_shows_its_text_media_attempt_and_post(world: MakeWorld, api: Serve) -> None:
    here = world()
    here.put("cat.mp4", title="Cat naps")
    here.scan()
    here.publish()
    task = here.task()
    shown = api(here).get(f"/api/tasks/{task.id}")
    assert (shown["status"], shown["tweet_id"], shown["account"]) == ("completed", task.tweet_id, "sandbox")
    assert shown["content"]["text"] == "Cat naps"
    assert shown["content"]["media"][0]["path"] == "cat.mp4"
    (attempt,) = shown["attempts"]
    assert (attempt["state"], attempt["tweet_id"], attempt["text"]) == ("confirmed", task.tweet_id, "Cat naps")


def test_the_log_is_the_one_the_command_shows(world: MakeWorld, api: Serve) -> None:
    here = world()
    here.put("cat.mp4", title="Cat naps")
    here.scan()
    here.publish()
    lines = api(here).get(f"/api/tasks/{here.task().id}/logs")["lines"]
    said = call("log", "cat.mp4", "--json", "--config", str(here.settings.path)).json
    assert [(line["id"], line["action"], line["message"]) for line in lines] == [
        (line["id"], line["action"], line["message"]) for line in said
    ]
    assert len(lines) >= 4
    posted = next(line for line in lines if line["action"] == "post")
    assert posted["run_url"] == f"{here.settings.dagster.url}/runs/{posted['run_id']}"


def test_hours_come_as_json_and_csv_in_a_zone_and_in_pages(world: MakeWorld, api: Serve) -> None:
    here = world()
    rows = [
        {
            "project_id": "cats",
            "hour": NOW.replace(minute=0, second=0, microsecond=0) + timedelta(hours=number),
            **dict.fromkeys(("tasks_created", "tasks_completed", "tasks_failed", "last_log_id"), number),
            "created_at": NOW,
        }
        for number in range(5)
    ]
    with writing(here.engine) as connection:
        connection.execute(sa.insert(analytics_hourly), rows)
    served = api(here)
    day = f"from={NOW:%Y-%m-%d}T00:00:00Z&to={NOW + timedelta(days=2):%Y-%m-%d}T00:00:00Z&zone=Asia/Kolkata"
    first = served.get(f"/api/analytics/hourly?{day}&limit=3")
    rest = served.get(f"/api/analytics/hourly?{day}&limit=3&cursor={first['next']}")
    assert [row["tasks_created"] for row in first["rows"] + rest["rows"]] == [0, 1, 2, 3, 4]
    assert rest["next"] is None
    assert all(row["hour"].endswith(":30:00+05:30") for row in first["rows"])
    answer = served.ask("GET", f"/api/analytics/hourly?{day}&format=csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert [row["tasks_failed"] for row in csv.DictReader(io.StringIO(answer.body.decode()))] == list("01234")
    assert served.get(f"/api/analytics/hourly?{day}&project=cats&limit=1")["rows"] == first["rows"][:1]


def test_a_scan_says_what_it_found_and_skipped_and_why(world: MakeWorld, api: Serve) -> None:
    here = world(stable_for="0 s")
    served = api(here)
    here.put("good.mp4", title="Good")
    (here.folder / "bad.mp4").write_bytes(b"no film")
    arriving = served.post("/api/projects/scan", {"project": "cats"})
    assert (arriving["done"], arriving["projects"][0]["arriving"]) == (True, 2)
    (scanned,) = served.post("/api/projects/scan")["projects"]
    assert (scanned["found"], scanned["skipped"], scanned["whole"]) == (2, 1, True)
    named = {task["media_path"]: task for task in scanned["tasks"]}
    assert named["good.mp4"]["status"] == Status.PENDING
    assert named["bad.mp4"]["status"] == Status.SKIPPED
    assert named["bad.mp4"]["reason"]
    assert served.ask("POST", "/api/projects/scan", {"project": "dogs"}).status == 404


def test_a_scan_that_takes_longer_is_looked_at_later(world: MakeWorld, api: Serve) -> None:
    from twitter_pipeline.scanning.turns import _turn

    here = world()
    served = api(here)
    with _turn(here.engine, "cats") as is_mine:  # as a sensor that scans it at this moment
        assert is_mine
        answer = served.ask("POST", "/api/projects/scan", {"wait": 0})
        assert (answer.status, answer.json["done"]) == (202, False)
        again = served.get(answer.headers["Location"])
        assert (again["done"], again["id"]) == (False, answer.json["id"])
    assert served.ask("GET", f"/api/projects/scans/{'0' * 32}").status == 404


def test_health_needs_no_token_and_says_no_secret(world: MakeWorld, api: Serve) -> None:
    here = world(top={"dagster": {"port": 9}})
    answer = api(here).with_token(None).ask("GET", "/api/health")
    states = {name: part["state"] for name, part in answer.json["parts"].items()}
    assert (answer.status, answer.json["state"]) == (503, "failing"), "Dagster does not run here"
    assert states == {"database": "ok", "disk": "ok", "x": "ok", "daemon": "failing", "sensors": "unknown"}
    for inner in (str(here.settings.home), "127.0.0.1", "sqlite", "postgresql"):
        assert inner not in answer.body.decode()


def test_metrics_are_read_by_prometheus(world: MakeWorld, api: Serve) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    served = api(filled(world))
    served.get("/api/tasks/1")
    said = served.ask("GET", "/metrics").body.decode()
    found = {metric.name: metric.samples for metric in text_string_to_metric_families(said)}
    tasks = {sample.labels["status"]: sample.value for sample in found["twitter_pipeline_tasks"]}
    assert (tasks["pending"], tasks["skipped"], tasks["failed"]) == (TASKS - 1, 1, 0)
    routes = {sample.labels["route"] for sample in found["twitter_pipeline_api_answers"]}
    assert "/api/tasks/{task_id}" in routes
