"""Dagster's GraphQL API, as its own pages use it. Importing dagster to ask would cost half a second and 100 MB."""

from __future__ import annotations

import http.client
import json
import urllib.request
from typing import Any

#: What Dagster calls our code location.
LOCATION = "twitter_pipeline"
REPOSITORY = {"repositoryLocationName": LOCATION, "repositoryName": "__repository__"}

_TIMEOUT = 10.0


class DagsterAway(Exception):
    """Dagster's webserver does not answer (yet), or not with what was asked for."""


def ask(url: str, query: str, variables: dict[str, Any] | None = None, *, timeout: float = _TIMEOUT) -> dict[str, Any]:
    """Send a query; the data of its answer. `timeout` in seconds. Raises DagsterAway."""
    body = json.dumps({"query": query, "variables": variables or {}}).encode()
    request = urllib.request.Request(f"{url}/graphql", data=body, headers={"content-type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310 - http://, by our own settings
            said = json.load(answer)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise DagsterAway(str(error)) from error
    if said.get("errors"):
        raise DagsterAway(said["errors"][0]["message"])
    data: dict[str, Any] = said["data"]
    return data
