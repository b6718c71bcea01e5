"""Monitoring in the API's process: where it learns what neither the database nor the machine says."""

from __future__ import annotations

from twitter_pipeline.api import dagster_state
from twitter_pipeline.api.context import Context
from twitter_pipeline.launching.channel import socket_path
from twitter_pipeline.launching.graphql import DagsterAway
from twitter_pipeline.monitoring.loop import Monitoring
from twitter_pipeline.monitoring.measuring import Automation, Sources


def monitoring_of(context: Context) -> Monitoring:
    """Monitoring for an API, not begun."""

    def automation() -> Automation | None:
        try:
            state = dagster_state.look(context.settings)
        except DagsterAway:
            return None
        # No sensor ticks without its daemon, which `up` tells as that.
        return Automation(None if state.silent else state.lag, state.off)

    marker = str(socket_path(context.settings.home))
    return Monitoring(context.engine, lambda: context.settings, Sources(automation, context.metrics.take, marker))
