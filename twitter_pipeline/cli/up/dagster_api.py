"""What `up` asks Dagster for, and tells it."""

from __future__ import annotations

from twitter_pipeline.launching.graphql import LOCATION, DagsterAway, ask

__all__ = ["DagsterAway", "ask", "daemons_without_heartbeat", "location_error", "reload", "runs_under_way"]

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
