"""How everything is, for whoever asks; and figures for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Response

from twitter_pipeline.api.auth import Reader, Shared
from twitter_pipeline.api.looking import Health
from twitter_pipeline.clock import utc_now
from twitter_pipeline.monitoring import alarms, measures
from twitter_pipeline.store import tasks
from twitter_pipeline.store.engine import reading

router = APIRouter(tags=["monitoring"])


@router.get("/api/health", responses={503: {"model": Health, "description": "A part is failing."}})
def health(context: Shared, response: Response) -> Health:
    """How each part is. 503 when one is failing."""
    found: Health = context.looker.look(context)
    if found.state == "failing":
        response.status_code = 503
    return found


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(_: Reader, context: Shared) -> Response:
    """Figures as Prometheus reads them."""
    with reading(context.engine) as connection:
        counts = tasks.counts(connection)
        measured = measures.latest(connection, utc_now())[1]
        is_open = alarms.open_now(connection)
    return Response(
        context.metrics.exposition(counts, measured, is_open), media_type="text/plain; version=0.0.4; charset=utf-8"
    )
