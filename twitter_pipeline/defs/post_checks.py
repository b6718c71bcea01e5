"""The checks of a post, made where it is materialized: its text and its media are what they should be."""

import dagster as dg
import sqlalchemy as sa

from twitter_pipeline.config import Settings
from twitter_pipeline.defs.pipeline import tweets_key
from twitter_pipeline.publishing import as_planned
from twitter_pipeline.publishing.drafts import Draft
from twitter_pipeline.store import accounts
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.tasks import Task

#: By name, what each says when it passes.
CHECKS = {
    "fits": "the text is within X's limit, of a thread the longest",
    "media_as_planned": "the media sent are those that were prepared, in their order",
}


def specs(project_id: str) -> list[dg.AssetCheckSpec]:
    """What Dagster lists before there is a post."""
    key = tweets_key(project_id)
    return [dg.AssetCheckSpec(name, asset=key, description=words) for name, words in CHECKS.items()]


def results(settings: Settings, engine: sa.Engine, task: Task, draft: Draft) -> list[dg.AssetCheckResult]:
    """Both checks of a posted item."""
    from twitter_pipeline.content.weight import weighted_length

    key = tweets_key(task.project_id)
    weight = max(map(weighted_length, draft.texts))
    with reading(engine) as connection:
        limit = settings.text_limit_of(accounts.of_source(connection, task.content_source_id).name)
        said = as_planned.differences(connection, task.id, draft)
    return [
        dg.AssetCheckResult(
            check_name="fits",
            asset_key=key,
            passed=weight <= limit,
            metadata={"weight": weight, "limit": limit},
        ),
        dg.AssetCheckResult(
            check_name="media_as_planned",
            asset_key=key,
            passed=not said,
            metadata={"media": len(draft.media), "differences": "\n".join(said) or "none"},
        ),
    ]
