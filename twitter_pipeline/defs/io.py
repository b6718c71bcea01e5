"""Values between ops: small models kept as JSON in our database, by run and step."""

import dagster as dg
import sqlalchemy as sa
from pydantic import BaseModel

from twitter_pipeline.clock import utc_now
from twitter_pipeline.defs.pipeline import Pipeline
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.tables import run_values


class JsonIOManager(dg.IOManager):
    """Keeps pydantic models; a re-execution finds the values of the run that made them."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def handle_output(self, context: dg.OutputContext, obj: BaseModel) -> None:
        """Keep the value, replacing that of an earlier try."""
        key = {"run_id": context.run_id, "step": context.step_key}
        with writing(self._pipeline.engine) as connection:
            connection.execute(sa.delete(run_values).filter_by(**key))
            connection.execute(sa.insert(run_values).values(**key, value=obj.model_dump_json(), created_at=utc_now()))

    def load_input(self, context: dg.InputContext) -> BaseModel:
        """The value the step before made, in this run or in the one this is a re-execution of."""
        made = context.upstream_output
        model = context.dagster_type.typing_type
        if made is None:
            raise dg.DagsterInvariantViolationError("this input is always the output of another op")
        with reading(self._pipeline.engine) as connection:
            value = connection.scalar(sa.select(run_values.c.value).filter_by(run_id=made.run_id, step=made.step_key))
        if value is None:
            raise dg.Failure(
                f"the value of step {made.step_key} of run {made.run_id} is gone; launch the partition anew",
                allow_retries=False,
            )
        loaded: BaseModel = model.model_validate_json(value)
        return loaded
