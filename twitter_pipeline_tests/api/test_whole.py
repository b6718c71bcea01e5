"""The API of a whole pipeline, started by `up`: posting through it, its death, the docs pasted, whatever is sent."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from twitter_pipeline.alerting import keeping
from twitter_pipeline.api.context import Context
from twitter_pipeline.api.watching import monitoring_of
from twitter_pipeline.clock import utc_now
from twitter_pipeline.monitoring import measures
from twitter_pipeline.store.engine import connect, reading
from twitter_pipeline_tests.end_to_end.projects import put
from twitter_pipeline_tests.support.api import Api, new_token
from twitter_pipeline_tests.support.stack import Stack
from twitter_pipeline_tests.support.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
#: Of each call and kind.
EXAMPLES = 5


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> Iterator[Stack]:
    """A pipeline that has posted its item of this hour, and posts others when somebody asks for them.

    Which tests share one is chance: other workers take some of them over, each with a pipeline of its own.
    """
    folder = tmp_path_factory.mktemp("api")
    put(clip, folder / "cats", "first.mp4", title="First")
    project = {"id": "example", "path": "cats", "min_interval": "1 h", "stable_for": "0 s"}
    with Stack(folder, [project], data_dir="var") as stack:
        stack.wait_for_task("first.mp4", lambda task: task.tweet_id is not None, "posted")
        yield stack


@pytest.fixture(scope="module")
def api(stack: Stack) -> Api:
    path = stack.settings.home / "api-token"
    wait_for(path.exists, 30, "the API to have made the first token")
    served = Api(stack.settings.api.url, path.read_text().strip())
    wait_for(lambda: answers(served), 30, "the API to answer")
    return served


def answers(api: Api) -> bool:
    try:
        return api.ask("GET", "/api/projects").status == 200
    except OSError:
        return False


def scan(api: Api) -> list[str]:
    """Scan twice: a file is taken once two looks saw it unchanged. What was found, unless a sensor was faster."""
    found: list[str] = []
    for _ in range(2):
        scanned = api.post("/api/projects/scan", {"project": "example"})
        assert scanned["done"]
        found += [task["media_path"] for task in scanned["projects"][0]["tasks"]]
    return found


def test_the_first_token_is_for_its_owner_only(stack: Stack, api: Api) -> None:
    assert (stack.settings.home / "api-token").stat().st_mode & 0o777 == 0o600
    assert api.get("/api/projects")["projects"][0]["id"] == "example"


def test_an_item_is_scanned_and_posted_by_the_api(stack: Stack, api: Api, clip: Path) -> None:
    put(clip, stack.folder / "cats", "second.mp4", title="Second")
    assert set(scan(api)) <= {"second.mp4"}
    task = api.get("/api/tasks")["tasks"][0]
    assert (task["media_path"], task["status"]) == ("second.mp4", "pending")
    published = api.post(f"/api/tasks/{task['id']}/publish", {"wait": 60})
    assert published["outcome"] == "posted", published
    assert [post["text"] for post in stack.sandbox.posts()].count("Second") == 1
    assert published["tweet_url"] == api.get(f"/api/tasks/{task['id']}")["tweet_url"]
    assert api.post("/api/tasks/publish", {"task_ids": [task["id"]]})["results"][0]["outcome"] == "posted"
    lines = api.get(f"/api/tasks/{task['id']}/logs")["lines"]
    assert ("asked", "owner") in [(line["action"], line["actor"]) for line in lines]
    assert {line["run_id"] for line in lines if line["action"] == "post"} == {published["run_id"]}


def test_an_item_that_was_cancelled_is_posted_at_once_by_who_asks_for_it_after_that(
    stack: Stack, api: Api, clip: Path
) -> None:
    put(clip, stack.folder / "cats", "after all.mp4", title="After all")
    scan(api)
    task = api.get("/api/tasks?text=after")["tasks"][0]["id"]
    assert api.post(f"/api/tasks/{task}/cancel")["task"]["status"] == "cancelled"
    published = api.post(f"/api/tasks/{task}/publish", {"wait": 60})
    assert published["outcome"] == "posted", published
    assert [post["text"] for post in stack.sandbox.posts()].count("After all") == 1


def test_two_who_ask_at_once_get_one_run(stack: Stack, api: Api, clip: Path) -> None:
    put(clip, stack.folder / "cats", "wanted.mp4", title="Wanted")
    scan(api)
    task = api.get("/api/tasks?text=wanted")["tasks"][0]["id"]
    with ThreadPoolExecutor(4) as threads:
        asked = list(threads.map(lambda _: api.post(f"/api/tasks/{task}/publish", {"wait": 60}), range(4)))
    runs = {one["run_id"] for one in asked if one["run_id"] is not None}
    assert len(runs) == 1, asked
    stack.wait_for_task("wanted.mp4", lambda task: task.tweet_id is not None, "posted")
    assert [post["text"] for post in stack.sandbox.posts()].count("Wanted") == 1


def test_everything_is_well(api: Api) -> None:
    def well() -> bool:
        answer = api.with_token(None).ask("GET", "/api/health")
        said.append(answer.json)
        return (answer.status, answer.json["state"]) == (200, "ok")

    said: list[object] = []
    # On a loaded machine one of them may take longer than it is given once.
    wait_for(well, 60, "all to be well")


def test_an_api_that_dies_is_started_again(stack: Stack, api: Api) -> None:
    process = stack.service_process("api")
    process.kill()
    wait_for(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, 10, "its end")
    wait_for(lambda: answers(api), 30, "the API to answer again")


def test_what_the_page_shows_can_be_pasted(stack: Stack, api: Api, clip: Path) -> None:
    put(clip, stack.folder / "cats", "third.mp4", title="Third")
    put(clip, stack.folder / "cats", "fourth.mp4", title="Fourth")
    scan(api)
    assert len(api.get("/api/tasks?status=pending")["tasks"]) == 2
    script = "".join(re.findall(r"^```bash\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
    script = script.replace("http://127.0.0.1:3001", stack.settings.api.url)
    # What is cancelled there has to wait.
    script = re.sub(r"tasks/2\b", f"tasks/{api.get('/api/tasks?status=pending')['tasks'][0]['id']}", script)
    script = script.replace('"limit": 2', '"limit": 1')
    # At its turn again it would be the one that is posted: last.
    (at_its_turn,) = re.findall(r'.*"scheduled_time": null.*\n', script)
    script = script.replace(at_its_turn, "") + at_its_turn
    ended = subprocess.run(["bash", "-euc", script], cwd=stack.folder, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert '"outcome":"posted"' in ended.stdout


def test_every_process_is_measured_and_a_sensor_that_is_switched_off_is_told(stack: Stack, api: Api) -> None:
    processes = ("up", "launcher", "sandbox", "code-server", "daemon", "webserver", "api")
    every = {("sensor_lag", "scan_example"), ("memory", ""), *(("memory", name) for name in processes)}

    def look() -> dict[tuple[str, str], float] | None:
        found = {(one["name"], one["scope"]): one["value"] for one in api.get("/api/monitoring")["measures"]}
        return found if every <= found.keys() else None

    # One of them may just be starting; the next look is a minute later.
    measured = wait_for(look, 150, "a look of the API's own at all of them")
    assert measured is not None
    memory = {name: measured["memory", name] for name in processes}
    assert min(memory.values()) > 10e6
    assert measured["memory", ""] >= sum(memory.values())
    assert measured["sensor_lag", "scan_example"] < 60
    stack.dagster.stop_sensor("retention")
    engine = connect(stack.settings.sqlalchemy_url)
    # Another process looks at once, in a minute that the API has not come to.
    looking = monitoring_of(Context(stack.settings, engine, reload=None))
    assert looking.tick(utc_now() + timedelta(minutes=2))
    assert looking.tick(utc_now() + timedelta(minutes=3))
    with reading(engine) as connection:
        _, values = measures.latest(connection, utc_now() + timedelta(minutes=3))
        titles = [alert.title for alert in keeping.listing(connection)]
    stack.dagster.start_sensor("retention")
    assert "retention is switched off in Dagster" in titles
    assert values["monitoring_seconds", ""] < 60 * 0.5 / 100, "half a percent of a core"


def test_schemathesis_finds_nothing(stack: Stack, api: Api, tmp_path: Path) -> None:
    engine = connect(stack.settings.sqlalchemy_url)
    # It revokes tokens, too, of low numbers.
    token = [new_token(engine) for _ in range(30)][-1]
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{api.url}/openapi.json", "--checks", "all"),
        *("--header", f"Authorization: Bearer {token}", "--max-examples", str(EXAMPLES)),
        *("--phases", "examples,coverage,fuzzing", "--seed", "7", "--no-color", "--suppress-health-check", "all"),
    ]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=250)
    assert ended.returncode == 0, ended.stdout[-20_000:] + ended.stderr[-2_000:]
