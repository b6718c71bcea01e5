"""What the random moves come to: when nothing goes wrong any more, everything ends, posted where it did not fail."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from twitter_pipeline.publishing.outcomes import Unknown
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import (
    publishing_attempts,
)
from twitter_pipeline_tests.model.machine import TableMachine

_ENDS = (Status.COMPLETED, Status.FAILED, Status.CANCELLED)


class EndingMachine(TableMachine):
    """Goes on to the end of both items after the last random move."""

    def teardown(self) -> None:
        try:
            if hasattr(self, "ids"):
                self._comes_to_an_end()
        finally:
            for process in self.processes:
                process.session.close()
            self.clock.stop()

    def _comes_to_an_end(self) -> None:
        """Nothing goes wrong any more: everything ends, posted where it did not fail."""
        self.processes.clear()
        self.readings.clear()
        self.in_flight.clear()
        self.off = timedelta(0)
        for _ in range(60):
            self.x_now += timedelta(hours=7)
            self._set_clock()
            self.the_reaper_comes(None)
            for task_id in self.ids:
                self._resolve_where_left(task_id)
            self.a_reading_begins()
            for one in self.readings:
                one.listing = self._listing(True)
                self._judge(one)
            self.readings.clear()
            self.what_is_due_is_queued()
            for number, task_id in enumerate(self.ids):
                if self._task(number).status is Status.QUEUED:
                    self._post(number)
                assert self._task(number).id == task_id
            self.nothing_is_posted_twice()
            self.the_table_is_true()
            left = [task for task in map(self._task, (0, 1)) if task.status not in _ENDS]
            if not left:
                break
        assert not left, f"stuck: {[(task.id, task.status, task.error_message) for task in left]}"
        for number, task_id in enumerate(self.ids):
            is_on_x = any(one.task_id == task_id for one in self.on_x)
            is_completed = self._task(number).status is Status.COMPLETED
            assert is_completed == is_on_x or task_id in self.imported

    def _resolve_where_left(self, task_id: int) -> None:
        """What was left to a person."""
        with reading(self.engine) as connection:
            waits = connection.scalar(
                sa.select(sa.func.count()).where(
                    publishing_attempts.c.task_id == task_id,
                    publishing_attempts.c.state.in_(["sent", "unknown"]),
                    publishing_attempts.c.look_at.is_(None),
                )
            )
        if waits:
            self._resolve(self._task(self.ids.index(task_id)))

    def _post(self, number: int) -> None:
        self.a_run_begins(number, False)
        if not self.processes:
            return
        self.a_run_commits_sent(0)
        if self.processes:
            self.its_request_leaves(0, "yes")
            self.its_answer_is_written_down(0)

    # For tests that go a certain way.

    def attempt(self, how: str) -> None:
        """The first item is sent, by hand, and its post not found by the run itself."""
        self.a_run_begins(0, True)
        self.a_run_commits_sent(0)
        self.its_request_leaves(0, how)
        self.its_answer_is_written_down(0)
        self.processes.pop().session.settle(Unknown("X's answer was lost"))

    def read(self) -> None:
        """A whole reading."""
        self.a_reading_begins()
        one = self.readings.pop()
        one.listing = self._listing(True)
        self._judge(one)

    def states(self) -> tuple[Status, list[str]]:
        """The first item's, and those of its attempts."""
        with reading(self.engine) as connection:
            columns = publishing_attempts.c
            own = sa.select(columns.state).where(columns.task_id == self.ids[0]).order_by(columns.number)
            return self._task(0).status, list(connection.scalars(own))
