"""Events of Dagster's in fewer bytes: to a reader they are the same, and what would not be is left as it is."""

import json
from typing import Any

import dagster as dg
import pytest
from dagster import EventLogEntry

from twitter_pipeline.defs.briefly import briefly, without_pictures

PICTURE = "![picture](data:image/webp;base64,{})"


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """The events of a run, as Dagster stores them, by kind; "" is a line that an op logged."""

    @dg.asset(check_specs=[dg.AssetCheckSpec("fits", asset="cats")])
    def cats(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]
        context.log_event(dg.AssetObservation("cats", description="“Δ”, 猫", metadata={"line": 7, "said": {"a": None}}))
        context.log.info("a line")
        table = dg.TableRecord({"a": 1})
        shown = dg.MetadataValue.table([table], dg.TableSchema([dg.TableColumn("a", "int")]))
        pictures = {name: dg.MetadataValue.md(PICTURE.format(name[0] * size)) for name, size in SIZES.items()}
        checked = dg.AssetCheckResult(passed=True, check_name="fits", metadata={"limit": 280})
        return dg.MaterializeResult(metadata={"table": shown, **pictures}, check_results=[checked])

    with dg.DagsterInstance.ephemeral() as instance:
        run = dg.materialize([cats], instance=instance)
        return {
            entry.dagster_event.event_type_value if entry.dagster_event else "": entry.to_json()
            for entry in instance.all_logs(run.run_id)
        }


SIZES = {"small": 900, "larger": 9_000, "chart": 5_000}
KEPT = ["ASSET_OBSERVATION", "ASSET_CHECK_EVALUATION", "STEP_START", "STEP_SUCCESS", "RUN_START", "RUN_SUCCESS"]


def read(said: str) -> dict[str, Any]:
    """What is shown of an event."""
    entry = EventLogEntry.from_json(said)
    event = entry.dagster_event
    assert event is not None
    of_entry = ("message", "level", "run_id", "timestamp", "step_key", "job_name", "error_info")
    of_event = ("event_type_value", "event_specific_data", "message", "pid", "step_key", "step_kind_value", "job_name")
    return {name: getattr(entry, name) for name in of_entry} | {f".{name}": getattr(event, name) for name in of_event}


@pytest.mark.parametrize("kind", KEPT)
def test_it_reads_the_same_and_takes_two_thirds_at_most(told: dict[str, str], kind: str) -> None:
    whole = told[dg.DagsterEventType(kind.replace("RUN_", "PIPELINE_")).value]
    brief = briefly(whole)
    assert read(brief) == read(whole)
    assert len(brief) < len(whole) * 2 / 3
    assert briefly(brief) == brief


def test_tables_and_pictures_read_the_same(told: dict[str, str]) -> None:
    whole = told["ASSET_MATERIALIZATION"]
    assert read(briefly(whole)) == read(whole)


def test_large_pictures_go_and_the_small_one_and_the_table_stay(told: dict[str, str]) -> None:
    whole = told["ASSET_MATERIALIZATION"]

    def shown(said: str) -> set[str]:
        made = EventLogEntry.from_json(said).asset_materialization
        assert made is not None
        return set(made.metadata)

    assert shown(without_pictures(whole)) == {"table", "small"}
    assert shown(without_pictures(whole, "larger")) == {"table", "small", "chart"}
    for other in (told["ASSET_OBSERVATION"], told[""], told["STEP_START"].replace("step", "(data:image/")):
        assert without_pictures(other) == other


@pytest.mark.parametrize(
    "change",
    [
        lambda entry: {**entry, "step_key": "another"},
        lambda entry: {"__class__": "OfALaterVersion"},
        lambda entry: {**entry, "user_message": "half of a character: \ud83d", "dagster_event": None},
    ],
)
def test_what_would_not_read_the_same_stays(told: dict[str, str], change: Any) -> None:
    said = json.dumps(change(json.loads(told["STEP_START"])))
    assert briefly(said) == said


def test_what_is_no_event_stays(told: dict[str, str]) -> None:
    assert briefly("") == ""
    assert briefly("{") == "{"
    assert json.loads(briefly(told[""])) == json.loads(told[""])
