"""What Prometheus is told: requests as they are answered, tasks as they stand when it asks."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from twitter_pipeline.store.status import Status

#: Seconds.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The figures of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._seconds = Histogram(
            "twitter_pipeline_api_seconds",
            "How long requests took.",
            ("method", "route"),
            registry=self._registry,
            buckets=_BUCKETS,
        )
        self._answers = Counter(
            "twitter_pipeline_api_answers", "Answers by status.", ("method", "route", "status"), registry=self._registry
        )
        self._tasks = Gauge(
            "twitter_pipeline_tasks", "Tasks by how they stand.", ("project", "status"), registry=self._registry
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer. `route` is the pattern of its path, of which there are few."""
        method = method if method in _METHODS else "other"
        self._seconds.labels(method, route).observe(seconds)
        self._answers.labels(method, route, str(status)).inc()

    def exposition(self, counts: Mapping[str, Mapping[Status, int]]) -> bytes:
        """Everything, as Prometheus reads it; `counts` are the tasks of each project."""
        self._tasks.clear()
        for project, by_status in counts.items():
            for status in Status:
                self._tasks.labels(project, status.value).set(by_status.get(status, 0))
        return generate_latest(self._registry)


_METHODS = frozenset({"GET", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "PUT"})
