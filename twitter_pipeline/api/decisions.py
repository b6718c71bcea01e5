"""What people did that is of no one task, as `twitter-pipeline log --decisions` has it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from twitter_pipeline.api.auth import Admin, Shared
from twitter_pipeline.api.cursors import IdCursor
from twitter_pipeline.api.models import DecisionOut, DecisionPage
from twitter_pipeline.store import decisions
from twitter_pipeline.store.engine import reading

router = APIRouter(tags=["decisions"])


@router.get("/api/decisions")
def list_decisions(
    _: Admin,
    context: Shared,
    limit: Annotated[int, Query(ge=1, le=200, description="Decisions on a page.")] = 50,
    cursor: IdCursor = None,
) -> DecisionPage:
    """Pauses, approvals, keys, users and tokens, and who did it, the newest first. What is of a task is in its log."""
    with reading(context.engine) as connection:
        found = decisions.listing(connection, below=None if cursor is None else int(cursor), limit=limit + 1)
    shown = found[:limit]
    return DecisionPage(
        decisions=[DecisionOut(**asdict(one)) for one in shown],
        next=str(shown[-1].id) if len(found) > limit else None,
    )
