"""What Dagster keeps and shows of what goes wrong in our code holds no secret."""

import traceback
from collections.abc import Iterator

import dagster as dg
import pytest
import sqlalchemy as sa

from twitter_pipeline.config import secrecy
from twitter_pipeline.defs.pipeline import Pipeline
from twitter_pipeline.defs.sensors import project_sensor
from twitter_pipeline.store import redacting
from twitter_pipeline_tests.conftest import MakeSettings

SECRET = 's3cret "of" somebody'


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(secrecy, "_kept", frozenset())
    secrecy.keep([SECRET])
    yield
    monkeypatch.setattr(secrecy, "_forms", ())


def test_what_an_op_says_while_it_fails_is_kept_by_dagster_without_it() -> None:
    redacting.install()

    @dg.op
    def sign(context: dg.OpExecutionContext) -> None:
        context.log.error(f"signing with {SECRET}")
        context.log_event(dg.AssetObservation("posts", description=SECRET, metadata={"said": SECRET}))
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise dg.Failure(f"refused: {SECRET}", metadata={"key": SECRET}) from error

    @dg.job
    def post() -> None:
        sign()

    with dg.instance_for_test() as instance:
        result = post.execute_in_process(instance=instance, raise_on_error=False)
        assert not result.success
        kept = "\n".join(record.event_log_entry.to_json() for record in _records(instance, result.run_id))
    assert "refused: ***" in kept
    assert "signing with ***" in kept
    assert not secrecy.shows_secret(kept)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_breaks_a_sensor_is_handed_to_the_daemon_without_it(settings: MakeSettings) -> None:
    class Broken(Pipeline):
        @property
        def prepared_engine(self) -> sa.Engine:
            raise ValueError(f"cannot connect with {SECRET}") from KeyError(SECRET)

        engine = prepared_engine

    made = settings(top={"x": {"base_url": "http://127.0.0.1:9"}})
    sensor = project_sensor(made.projects[0])
    with dg.instance_for_test() as instance:
        context = dg.build_sensor_context(instance=instance, resources={"pipeline": Broken(made)})
        with pytest.raises(Exception, match=r"cannot connect with \*\*\*") as raised:
            sensor.evaluate_tick(context)
    assert not secrecy.shows_secret("".join(traceback.format_exception(raised.value)))


def _records(instance: dg.DagsterInstance, run_id: str) -> list[dg.EventLogRecord]:
    return list(instance.get_records_for_run(run_id).records)
