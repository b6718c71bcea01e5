"""Dagster's GraphQL API, as far as commands need it. Importing dagster here would cost half a second and 100 MB."""

from __future__ import annotations

import http.client
import json
import urllib.request
from typing import Any

from twitter_pipeline.cli.up.instance import LOCATION

_TIMEOUT = 10

_LOCATION_ERROR = """query { workspaceOrError { ... on Workspace { locationEntries {
  name locationOrLoadError { ... on PythonError { message } } } } } }"""

_HEARTBEATS = """query { instance { daemonHealth { allDaemonStatuses {
  daemonType required lastHeartbeatTime lastHeartbeatErrors { message } } } } }"""

_RELOAD = """mutation ($name: String!) { reloadRepositoryLocation(repositoryLocationName: $name) {
  ... on WorkspaceLocationEntry { locationOrLoadError { ... on PythonError { message } } }
  ... on ReloadNotSupported { message } ... on RepositoryLocationNotFound { message }
  ... on UnauthorizedError { message } ... on PythonError { message } } }"""

_UNDER_WAY = """query { runsOrError(filter: { statuses: [STARTING, STARTED, CANCELING] }) {
  ... on Runs { count } ... on PythonError { message } } }"""


class DagsterAway(Exception):
    """Dagster's webserver does not answer (yet)."""


def location_error(url: str) -> str | None:
    """Why our definitions could not be loaded; None when they could."""
    for entry in ask(url, _LOCATION_ERROR)["workspaceOrError"].get("locationEntries", []):
        if entry["name"] == LOCATION:
            return (entry["locationOrLoadError"] or {}).get("message")
    return f"Dagster does not know of {LOCATION}"


def daemons_without_heartbeat(url: str, *, since: float) -> list[str]:
    """The daemons that have not shown life since that time (Unix seconds)."""
    statuses = ask(url, _HEARTBEATS)["instance"]["daemonHealth"]["allDaemonStatuses"]
    return [s["daemonType"] for s in statuses if s["required"] and (s["lastHeartbeatTime"] or 0) < since]


def reload(url: str) -> str | None:
    """Load our definitions anew; why that failed, or None."""
    answer = ask(url, _RELOAD, {"name": LOCATION})["reloadRepositoryLocation"]
    message = answer.get("message") or (answer.get("locationOrLoadError") or {}).get("message")
    return str(message) if message else None


def runs_under_way(url: str) -> int:
    """How many runs have a process."""
    return int(ask(url, _UNDER_WAY)["runsOrError"].get("count") or 0)


def ask(url: str, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    """Send a query; the data of its answer. Raises DagsterAway."""
    body = json.dumps({"query": query, "variables": variables or {}}).encode()
    request = urllib.request.Request(f"{url}/graphql", data=body, headers={"content-type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310 - http://, by our own settings
            said = json.load(answer)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise DagsterAway(str(error)) from error
    if said.get("errors"):
        raise DagsterAway(said["errors"][0]["message"])
    data: dict[str, Any] = said["data"]
    return data
