"""The app: its routes, its errors, its edge."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline

from twitter_pipeline.api import (
    acting,
    alerts,
    analytics,
    bulk,
    decisions,
    editing,
    health,
    monitoring,
    problems,
    projects,
    tasks,
    tokens,
)
from twitter_pipeline.api.context import Context
from twitter_pipeline.api.edge import Edge
from twitter_pipeline.api.problems import ANYWHERE, ProblemDetails

_ABOUT = """What the pipeline does, and what a person may do with it. Every call but `/api/health` needs a bearer token.

Errors are `application/problem+json`; each answer has its `X-Request-Id`."""


def make_app(context: Context) -> FastAPI:
    """The API of this context."""
    # /docs with its program beside it, where FastAPI itself takes that from a CDN.
    app = FastAPIOffline(
        title="twitter-pipeline", version="1", description=_ABOUT, redoc_url=None, responses=ANYWHERE, docs_url="/docs"
    )
    app.state.context = context
    routers = [
        module.router
        for module in (projects, acting, bulk, editing, tasks, decisions, alerts, analytics, tokens, health, monitoring)
    ]
    for router in routers:
        app.include_router(router)
    problems.install(app, [route for router in routers for route in router.routes if isinstance(route, APIRoute)])
    app.add_middleware(Edge, metrics=context.metrics)
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = made()
            schemas = schema["components"]["schemas"]
            problem = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= problem.pop("$defs")
            schemas["ProblemDetails"] = problem
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
        assert app.openapi_schema is not None  # noqa: S101 - `made` has kept it
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
    return app
