"""What Dagster keeps and shows of what goes wrong in our code holds no secret."""

from collections.abc import Iterator

import dagster as dg
import pytest

from twitter_pipeline.config import secrecy
from twitter_pipeline.store import redacting

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


def _records(instance: dg.DagsterInstance, run_id: str) -> list[dg.EventLogRecord]:
    return list(instance.get_records_for_run(run_id).records)
