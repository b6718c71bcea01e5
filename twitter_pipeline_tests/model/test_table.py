"""The real table under random moves: posted once, nothing stuck, each move told in the log."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.model.ending import EndingMachine

X = {"base_url": "https://x.example", "settle_time": "10 min"}


def run(engine: sa.Engine, make_settings: MakeSettings, *, examples: int, steps: int) -> None:
    class Machine(EndingMachine):
        pass

    Machine.engine, Machine.settings = engine, make_settings(top={"x": X})
    # Without making what it finds smaller, which takes minutes: the last steps tell enough.
    phases = [Phase.explicit, Phase.reuse, Phase.generate]
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, suppress_health_check=checks, phases=phases
        ),
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_any_order_of_moves_posts_once_and_comes_to_an_end(prepared: sa.Engine, settings: MakeSettings) -> None:
    run(prepared, settings, examples=20, steps=30)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_reading_speaks_only_of_the_attempt_it_was_made_for(prepared: sa.Engine, settings: MakeSettings) -> None:
    """The model found it: a reader that stood still took the next attempt for absent, and the item was posted twice."""

    class Machine(EndingMachine):
        pass

    Machine.engine, Machine.settings = prepared, settings(top={"x": X})
    machine = Machine()
    try:
        machine.two_items()
        machine.attempt("lost")
        for _ in range(2):
            machine.read()
            machine.time_passes(3600)
        machine.a_reading_begins()
        machine.x_lists_posts(True)  # nothing; and this reader stands still
        machine.time_passes(3600)
        machine.read()  # another one finds the same
        machine.time_passes(3600)
        machine.attempt("lost after")
        machine.a_reading_is_judged(0)
        assert machine.states() == (Status.UNCONFIRMED, ["absent", "unknown"])
    finally:
        machine.teardown()  # its clock would be that of all tests that follow
    assert machine.states() == (Status.COMPLETED, ["absent", "adopted"])


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_many_orders_of_moves_post_once_and_come_to_an_end(prepared: sa.Engine, settings: MakeSettings) -> None:
    run(prepared, settings, examples=300, steps=50)
