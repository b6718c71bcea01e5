"""Who is let in, what is refused, and what each answer and line of the log holds."""

from __future__ import annotations

import json
import logging
import re

import pytest

from twitter_pipeline.api.edge import MOST_BYTES
from twitter_pipeline.api.first_token import FILE, first_token
from twitter_pipeline.store import tokens
from twitter_pipeline.store.engine import reading
from twitter_pipeline_tests.api.conftest import Serve
from twitter_pipeline_tests.support.api import Answer, Api, new_token
from twitter_pipeline_tests.support.waiting import wait_for
from twitter_pipeline_tests.support.world import MakeWorld

#: Every call with what it needs.
CALLS = {
    "read": [
        ("GET", "/api/projects"),
        ("GET", "/api/tasks"),
        ("GET", "/api/tasks/1"),
        ("GET", "/api/tasks/1/logs"),
        ("POST", "/api/tasks/1/preview"),
        ("GET", f"/api/projects/scans/{'0' * 32}"),
        ("GET", "/api/alerts"),
        ("GET", "/api/analytics/hourly"),
        ("GET", "/metrics"),
        ("GET", "/api/monitoring"),
        ("GET", "/api/monitoring/history"),
    ],
    "publish": [
        ("POST", "/api/projects/scan"),
        ("POST", "/api/tasks/publish"),
        ("POST", "/api/tasks/bulk"),
        ("PATCH", "/api/tasks/1"),
        *(("POST", f"/api/tasks/1/{what}") for what in ("publish", "retry", "cancel", "approve")),
        ("POST", "/api/alerts/99/acknowledge"),
    ],
    "admin": [("GET", "/api/decisions"), ("GET", "/api/tokens"), ("POST", "/api/tokens"), ("DELETE", "/api/tokens/99")],
}


def refused(answer: Answer, status: int) -> list[str]:
    """The fields that a problem names."""
    assert answer.status == status, answer
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    assert answer.json["status"] == status
    return [error["field"] for error in answer.json["errors"]]


def test_every_call_of_the_document_is_known_to_these_tests(world: MakeWorld, api: Serve) -> None:
    paths = api(world()).get("/openapi.json")["paths"]
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    known = {
        (method, re.sub(r"/(task|token|alert)s/(1|99)(?=/|$)", r"/\1s/{\1_id}", path).replace("0" * 32, "{scan_id}"))
        for calls in CALLS.values()
        for method, path in calls
    }
    assert described == known | {("GET", "/api/health")}


def test_the_page_of_all_calls_needs_no_other_server(world: MakeWorld, api: Serve) -> None:
    served = api(world())
    page = served.ask("GET", "/docs").body.decode()
    assert "https://" not in page
    for path in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert served.ask("GET", path).status == 200, path


@pytest.mark.parametrize("given", [None, "wrong", "tp_000000000000_" + "A" * 43, "", "x" * 5000])
def test_without_a_token_that_is_known_nothing_is_shown(world: MakeWorld, api: Serve, given: str | None) -> None:
    stranger = api(world()).with_token(given)
    for method, path in [call for calls in CALLS.values() for call in calls]:
        answer = stranger.ask(method, path)
        assert refused(answer, 401) == ["header.authorization"], path
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("scope", tokens.SCOPES)
def test_a_token_opens_what_its_scopes_say(world: MakeWorld, api: Serve, scope: str) -> None:
    here = world(top={"dagster": {"port": 9}})
    limited = api(here).with_token(new_token(here.engine, scope))
    for needed, calls in CALLS.items():
        for method, path in calls:
            answer = limited.ask(method, path)
            if needed == scope:
                assert answer.status in (200, 404, 422), (path, answer)
            else:
                assert refused(answer, 403) == ["header.authorization"], path


def test_a_token_made_over_the_api_opens_until_it_is_revoked(world: MakeWorld, api: Serve) -> None:
    here = world()
    served = api(here)
    made = served.post("/api/tokens", {"user": "owner", "name": "laptop", "scopes": ["read"]})
    mine = served.with_token(made["token"])
    assert mine.ask("GET", "/api/tasks").status == 200
    shown = next(token for token in served.get("/api/tokens")["tokens"] if token["id"] == made["id"])
    assert (shown["user"], shown["name"], shown["scopes"]) == ("owner", "laptop", ["read"])
    assert shown["last_used_at"] is not None
    assert made["token"] not in json.dumps(served.get("/api/tokens"))
    with reading(here.engine) as connection:
        stored = json.dumps([list(map(str, row)) for row in connection.exec_driver_sql("SELECT * FROM api_tokens")])
    assert made["token"] not in stored
    assert made["token"].split("_", 2)[2] not in stored
    # Another secret after the right prefix.
    assert mine.with_token(made["token"][:-1] + "_").ask("GET", "/api/tasks").status == 401
    assert served.ask("DELETE", f"/api/tokens/{made['id']}").status == 204
    assert mine.ask("GET", "/api/tasks").status == 401
    assert refused(served.ask("DELETE", f"/api/tokens/{made['id']}"), 404) == ["path.token_id"]
    assert refused(served.ask("POST", "/api/tokens", {"user": "eve", "name": "a", "scopes": ["read"]}), 404) == [
        "body.user"
    ]


def test_the_first_token_is_made_once(world: MakeWorld, api: Serve) -> None:
    here = world()
    first_token(here.engine, here.settings)
    path = here.settings.home / FILE
    token = path.read_text().strip()
    assert path.stat().st_mode & 0o777 == 0o600
    path.unlink()
    first_token(here.engine, here.settings)
    assert not path.exists(), "a person took it away"
    assert api(here).with_token(token).ask("GET", "/api/tokens").status == 200


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/tasks?satus=failed", "query.satus"),
        ("/api/projects?limit=5", "query.limit"),
        ("/api/tasks?limit=0", "query.limit"),
        ("/api/tasks?limit=201", "query.limit"),
        (f"/api/tasks?limit={'9' * 400}", "query.limit"),
        ("/api/tasks?limit=many", "query.limit"),
        ("/api/tasks?text=a%00b", "query.text"),
        (f"/api/tasks?text={'a' * 201}", "query.text"),
        ("/api/tasks?project=a%00", "query.project"),
        ("/api/tasks?status=lost", "query.status.0"),
        ("/api/tasks?cursor=-1", "query.cursor"),
        ("/api/tasks?found_from=2026-02-30T00:00:00Z", "query.found_from"),
        ("/api/tasks?found_from=99999-01-01T00:00:00Z", "query.found_from"),
        ("/api/tasks?found_before=1e10", "query.found_before"),
        (f"/api/tasks/{10**30}", "path.task_id"),
        ("/api/tasks/1%00", "path.task_id"),
        ("/api/tasks/one", "path.task_id"),
        ("/api/analytics/hourly?zone=Europe%2FBerlin%00", "query.zone"),
        ("/api/analytics/hourly?zone=..%2F..%2Fetc%2Fpasswd", "query.zone"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field(world: MakeWorld, api: Serve, path: str, field: str) -> None:
    assert refused(api(world()).ask("GET", path), 422) == [field]


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b'{"task_ids": [1e400]}', "body.task_ids.0"),
        (b'{"task_ids": ["1"]}', "body.task_ids.0"),
        (b'{"task_ids": [true]}', "body.task_ids.0"),
        (b'{"task_ids": [123456789012345678901234567890]}', "body.task_ids.0"),
        (b'{"task_ids": 1}', "body.task_ids"),
        (b'{"project": "a\\u0000"}', "body.project"),
        (b'{"wait": 61}', "body.wait"),
        (b'{"wait": NaN}', "body.wait"),
        (b'{"wait": 0.5}', "body.wait"),
        (b'{"limitt": 1}', "body.limitt"),
        (b"[]", "body"),
        (b'{"limit": 1', "body"),
    ],
)
def test_a_body_that_makes_no_sense_is_refused_with_its_field(
    world: MakeWorld, api: Serve, raw: bytes, field: str
) -> None:
    assert refused(api(world()).ask("POST", "/api/tasks/publish", raw=raw), 422) == [field]


def test_what_is_wrong_with_a_body_or_a_parameter_is_said_in_words(world: MakeWorld, api: Serve) -> None:
    served = api(world())
    cut_off = served.ask("POST", "/api/tasks/publish", raw=b'{"limit": 1').json["detail"]
    assert cut_off == "body: not JSON: Expecting ',' delimiter at character 11"
    unknown = served.ask("GET", "/api/decisions?page=2").json["detail"]
    assert unknown == "there is no such parameter; there are limit, cursor"


def test_a_body_has_a_limit(world: MakeWorld, api: Serve) -> None:
    served = api(world())
    refused(served.ask("POST", "/api/tasks/publish", raw=b" " * (MOST_BYTES + 1)), 413)
    assert served.ask("POST", "/api/tasks/publish", raw=b"{}" + b" " * (MOST_BYTES - 2)).status == 200
    chunked = served.ask("POST", "/api/tasks/publish", raw=(b" " * 1000 for _ in range(100)))  # type: ignore[arg-type]
    assert chunked.status == 413, "also one that does not say how long it is"


def test_each_request_has_an_id_in_its_answer_and_its_line(
    world: MakeWorld, api: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "twitter_pipeline.api.requests")
    served = api(world())
    given = served.ask("GET", "/api/tasks", headers={"X-Request-Id": "mine-1"})
    made = served.ask("GET", "/api/tasks/99", headers={"X-Request-Id": "with a line\tend"})
    assert given.headers["X-Request-Id"] == "mine-1"
    assert re.fullmatch("[0-9a-f]{32}", made.headers["X-Request-Id"])

    def of_requests() -> list[str]:
        return [record.getMessage() for record in caplog.records if record.name == "twitter_pipeline.api.requests"]

    wait_for(lambda: len(of_requests()) == 2, 20, "both lines")  # they come after the answers
    lines = of_requests()
    assert any(line.startswith("mine-1 GET /api/tasks 200 ") and line.endswith(" owner") for line in lines)
    assert any(line.startswith(f"{made.headers['X-Request-Id']} GET /api/tasks/99 404 ") for line in lines)
    assert served.token not in "\n".join(lines)


def test_what_breaks_inside_is_a_problem_without_its_words(
    world: MakeWorld, api: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world()
    served = api(here)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the inner secret")

    monkeypatch.setattr("twitter_pipeline.api.tasks.page", broken)
    answer = served.ask("GET", "/api/tasks")
    assert refused(answer, 500) == []
    assert b"secret" not in answer.body


def test_other_methods_are_refused_with_those_there_are(world: MakeWorld, api: Serve) -> None:
    served: Api = api(world())
    answer = served.ask("PUT", "/api/tokens")
    assert refused(answer, 405) == []
    assert answer.headers["Allow"] == "GET, POST"
    assert refused(served.ask("GET", "/nothing"), 404) == []
