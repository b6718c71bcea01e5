"""The tables. Columns of the mission keep their names; what was added says why beside it.

Times are aware and UTC. Ids of X are text. Paths are relative to their project, with forward slashes.
"""

from twitter_pipeline.store.tables.alerts import alert_outbox, alert_state, alerts
from twitter_pipeline.store.tables.columns import UtcDateTime, metadata
from twitter_pipeline.store.tables.figures import analytics_daily, analytics_hourly
from twitter_pipeline.store.tables.monitoring import (
    alarms,
    easings,
    measures,
    measures_hourly,
    monitoring_state,
    x_limits,
)
from twitter_pipeline.store.tables.people import api_keys, api_tokens, decisions, pauses, users
from twitter_pipeline.store.tables.posting import media_uploads, publishing_attempts, timeline_posts, timeline_readings
from twitter_pipeline.store.tables.projects import content_sources, projects, scan_candidates
from twitter_pipeline.store.tables.tasks import (
    TRIGRAM,
    gemini_answers,
    gemini_requests,
    hold_trigrams,
    name_trigrams,
    publishing_log,
    publishing_tasks,
    run_values,
    task_names,
    trigrams,
)

__all__ = [
    "TRIGRAM",
    "UtcDateTime",
    "alarms",
    "alert_outbox",
    "alert_state",
    "alerts",
    "analytics_daily",
    "analytics_hourly",
    "api_keys",
    "api_tokens",
    "content_sources",
    "decisions",
    "easings",
    "gemini_answers",
    "gemini_requests",
    "hold_trigrams",
    "measures",
    "measures_hourly",
    "media_uploads",
    "metadata",
    "monitoring_state",
    "name_trigrams",
    "pauses",
    "projects",
    "publishing_attempts",
    "publishing_log",
    "publishing_tasks",
    "run_values",
    "scan_candidates",
    "task_names",
    "timeline_posts",
    "timeline_readings",
    "trigrams",
    "users",
    "x_limits",
]
