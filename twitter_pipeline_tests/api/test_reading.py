"""What the API shows: projects, tasks, their logs, figures."""

from __future__ import annotations

from collections.abc import Callable

from twitter_pipeline_tests.support.api import Api
from twitter_pipeline_tests.support.world import MakeWorld, World

Serve = Callable[[World], Api]


def test_projects(world: MakeWorld, api: Serve) -> None:
    here = world()
    here.put("a.mp4", title="A")
    here.scan()
    served = api(here)
    print(served.get("/api/projects"))
    print(served.get("/api/tasks"))
    (task,) = served.get("/api/tasks")["tasks"]
    print(served.get(f"/api/tasks/{task['id']}"))
    print(served.get(f"/api/tasks/{task['id']}/logs"))
    print(served.post(f"/api/tasks/{task['id']}/preview"))
    print(served.ask("GET", "/api/health"))
    print(served.ask("GET", "/metrics").body[:300])
    print(served.get("/api/analytics/hourly"))
    print(served.post("/api/projects/scan", {"project": "cats"}))
    print(served.ask("GET", "/api/tasks/0"))
    print(served.ask("GET", "/openapi.json").body[:3000])
