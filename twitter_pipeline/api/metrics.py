"""What Prometheus is told: requests as they are answered, tasks as they stand when it asks."""

from __future__ import annotations

from collections import Counter as Counts
from collections import deque
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from twitter_pipeline.monitoring.alarms import Alarm
from twitter_pipeline.monitoring.measures import MEASURES, Values
from twitter_pipeline.monitoring.measuring import Answers
from twitter_pipeline.store.status import Status

#: Seconds.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


#: Answers of which the time is remembered until somebody takes them.
_MOST = 10_000


class _Recent:
    """What was answered since it was taken last."""

    def __init__(self) -> None:
        self.seconds: deque[float] = deque(maxlen=_MOST)
        self.by_status: Counts[str] = Counts()


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

        self._measures = {
            name: Gauge(f"twitter_pipeline_{name}", f"{meaning}.", ("scope",), registry=self._registry)
            for name, meaning in MEASURES.items()
        }
        self._alarms = Gauge(
            "twitter_pipeline_alarm", "1 for each open alarm.", ("name", "scope"), registry=self._registry
        )
        self._recent = _Recent()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer. `route` is the pattern of its path, of which there are few."""
        method = method if method in _METHODS else "other"
        self._seconds.labels(method, route).observe(seconds)
        self._answers.labels(method, route, str(status)).inc()
        recent = self._recent
        recent.by_status[f"{status // 100}xx"] += 1
        if method == "GET":  # others may wait for a run, or a scan, as they were asked to
            recent.seconds.append(seconds)

    def take(self) -> Answers:
        """What was answered since this was called last."""
        taken, self._recent = self._recent, _Recent()
        return Answers(tuple(taken.seconds), dict(taken.by_status))

    def exposition(
        self, counts: Mapping[str, Mapping[Status, int]], measured: Values, alarms: Iterable[Alarm]
    ) -> bytes:
        """Everything, as Prometheus reads it; `counts` are the tasks of each project, `measured` the newest values."""
        for gauge in (*self._measures.values(), self._alarms):
            gauge.clear()
        for (name, scope), value in measured.items():
            if name in self._measures:
                self._measures[name].labels(scope).set(value)
        for alarm in alarms:
            self._alarms.labels(alarm.name, alarm.scope).set(1)
        self._tasks.clear()
        for project, by_status in counts.items():
            for status in Status:
                self._tasks.labels(project, status.value).set(by_status.get(status, 0))
        return generate_latest(self._registry)


_METHODS = frozenset({"GET", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "PUT"})
