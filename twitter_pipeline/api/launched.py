"""Runs that this process launched: so that no task is launched twice before its first run has taken it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from twitter_pipeline.config import Settings
from twitter_pipeline.launching import by_hand
from twitter_pipeline.launching.graphql import DagsterAway
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tasks import Task

#: Runs that are remembered.
REMEMBERED = 10_000


class Launched:
    """The runs, by the task's id."""

    def __init__(self) -> None:
        #: Each with the task's fence when it was asked for.
        self._runs: dict[int, tuple[str, int]] = {}
        self._lock = Lock()

    def _under_way(self, settings: Settings, task: Task) -> str | None:
        """The run launched for it that is not over, and takes it. Raises DagsterAway."""
        run_id, seen_fence = self._runs.get(task.id, (None, 0))
        # One that has had it already may take its time to end.
        if run_id in (None, task.run_id) or (task.status is Status.CANCELLED and task.fence != seen_fence):
            return None
        status = by_hand.status_of(settings, run_id)
        return None if status is None or status in by_hand.ENDED else run_id

    def launch(self, settings: Settings, task: Task, asked: Callable[[], None]) -> tuple[str, bool]:
        """The run of a task, and whether it is a new one; `asked` is called before one is launched.

        Raises DagsterAway.
        """
        with self._lock:  # two who ask at once get the same run
            under_way = self._under_way(settings, task)
            if under_way is not None:
                return under_way, False
            asked()
            run_id = by_hand.launch(settings, task)
            self._runs.pop(task.id, None)
            self._runs[task.id] = run_id, task.fence
            while len(self._runs) > REMEMBERED:
                del self._runs[next(iter(self._runs))]
            return run_id, True

    def has_ended(self, settings: Settings, run_id: str) -> bool:
        """Whether a run is over; False while Dagster does not answer."""
        try:
            status = by_hand.status_of(settings, run_id)
        except DagsterAway:
            return False
        return status is None or status in by_hand.ENDED
