"""Errors as `application/problem+json` (RFC 9457), with the field that is wrong and the id of the request."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from twitter_pipeline.launching.graphql import DagsterAway

_log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
AWAY = "Dagster does not answer; is twitter-pipeline up running?"


class FieldProblem(BaseModel):
    """What is wrong with one part of a request."""

    field: str = Field(description="Where it stands: `query.limit`, `body.task_ids.0`, `path.task_id`, `header.…`.")
    message: str


class ProblemDetails(BaseModel):
    """Why a request was refused."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    request_id: str = Field(description="Stands in the answer's `X-Request-Id` and in the log, too.")
    errors: list[FieldProblem] = Field([], description="The fields that are wrong, where it is them.")


class Problem(Exception):
    """A refusal."""

    def __init__(
        self, status: int, detail: str, *, field: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = [] if field is None else [FieldProblem(field=field, message=detail)]
        self.headers = headers


#: What every call may answer with beside what it is for.
ANYWHERE: dict[int | str, dict[str, Any]] = {
    status: {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
    }
    for status in (400, 401, 403, 413, 422, 500, 503)
}


def also(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Further refusals of one call."""
    return {status: {**ANYWHERE[422], "description": HTTPStatus(status).phrase} for status in statuses}


def problem_body(request_id: str, status: int, detail: str, errors: Sequence[FieldProblem] = ()) -> dict[str, Any]:
    """The answer's body."""
    title = HTTPStatus(status).phrase
    return ProblemDetails(
        title=title, status=status, detail=detail, request_id=request_id, errors=list(errors)
    ).model_dump()


def _field_problem(error: dict[str, Any]) -> FieldProblem:
    where = error["loc"]
    if error["type"] == "json_invalid":  # where is how many characters were read
        return FieldProblem(field="body", message=f"not JSON: {error['ctx']['error']} at character {where[-1]}")
    return FieldProblem(field=".".join(map(str, where)), message=str(error["msg"]).removeprefix("Value error, "))


def _methods(routes: Sequence[APIRoute], path: str) -> set[str]:
    """Those that the path is served with: each has a route of its own."""
    matching = [route for route in routes if route.include_in_schema and route.path_regex.fullmatch(path)]
    exact = [route for route in matching if route.path == path]  # /api/tasks/publish is not a task's number
    return {method for route in exact or matching for method in route.methods or ()}


def install(app: FastAPI, routes: Sequence[APIRoute]) -> None:
    """Have the app, which has these routes, answer with problems wherever something goes wrong."""

    def answer(
        request: Request,
        status: int,
        detail: str,
        errors: Sequence[FieldProblem] = (),
        headers: dict[str, str] | None = None,
    ) -> JSONResponse:
        body = problem_body(request.state.request_id, status, detail, errors)
        return JSONResponse(body, status, headers=headers, media_type=MEDIA_TYPE)

    @app.exception_handler(Problem)
    async def _problem(request: Request, error: Problem) -> JSONResponse:
        return answer(request, error.status, error.detail, error.errors, error.headers)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        headers = dict(error.headers or {})
        if error.status_code == 405 and (methods := _methods(routes, request.url.path)):
            headers["Allow"] = ", ".join(sorted(methods))
        return answer(request, error.status_code, str(error.detail), headers=headers)

    @app.exception_handler(RequestValidationError)
    async def _validation(request: Request, error: RequestValidationError) -> JSONResponse:
        # Never the value itself: it may be long, or a secret.
        errors = [_field_problem(one) for one in error.errors()[:20]]
        detail = "; ".join(f"{one.field}: {one.message}" for one in errors)
        return answer(request, 422, detail, errors)

    @app.exception_handler(DagsterAway)
    async def _dagster(request: Request, error: DagsterAway) -> JSONResponse:
        _log.warning("%s: Dagster does not answer: %s", request.state.request_id, error)
        return answer(request, 503, AWAY)

    @app.exception_handler(sa.exc.DBAPIError)
    async def _database(request: Request, error: sa.exc.DBAPIError) -> JSONResponse:
        # Not the whole error: it quotes the statement and its values.
        _log.error("%s: the database failed: %s", request.state.request_id, error.orig)
        return answer(request, 503, "the database failed; the log says how")
