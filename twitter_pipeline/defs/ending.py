"""Who told a run to end: a person, the death of its launcher, or Dagster itself, since it took too long."""

import threading

import dagster as dg

from twitter_pipeline.publishing.outcomes import TOOK_TOO_LONG, Failed, Interrupted

#: Set in a run's process when its launcher died: nobody could end the run any more.
left_alone = threading.Event()

_ENDED = (dg.DagsterRunStatus.CANCELING, dg.DagsterRunStatus.CANCELED)
#: What Dagster's monitoring says of a run that it ends after `max_runtime_seconds`.
_TOO_LONG = "exceeding maximum runtime"


def told_to_end(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether the run is to end, though the interrupt that said so may have been lost on its way."""
    run = instance.get_run_by_id(run_id)
    # One that Dagster takes for failed is given to another run.
    return left_alone.is_set() or (run is not None and run.status in (*_ENDED, dg.DagsterRunStatus.FAILURE))


def why_told(instance: dg.DagsterInstance, run_id: str) -> Failed | Interrupted | None:
    """What it means for the run's item that Dagster was to end the run; None when it was not."""
    run = instance.get_run_by_id(run_id)
    if run is None:
        return None
    if took_too_long(instance, run):
        return Failed(TOOK_TOO_LONG)
    return Interrupted("ended by a person", by_person=True) if run.status in _ENDED else None


def took_too_long(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether Dagster's monitoring ends or has ended the run: it is "canceling" then, too, for some moments."""
    if run.status not in (*_ENDED, dg.DagsterRunStatus.FAILURE):
        return False
    said = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_CANCELING)
    return any(_TOO_LONG in line.message for line in said)
