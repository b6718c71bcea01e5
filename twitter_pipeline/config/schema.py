"""The configuration as a JSON schema, for editors and other tools."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from twitter_pipeline.config.duration import format_duration
from twitter_pipeline.config.fields import REFERENCE
from twitter_pipeline.config.settings import Settings

_YES_OR_NO = "[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF|[Tt]rue|TRUE|[Ff]alse|FALSE"


def json_schema() -> dict[str, Any]:
    """A JSON schema (draft 2020-12) of config.yaml for editors; `${NAME}` may stand for any value that is no list."""
    schema = Settings.model_json_schema(schema_generator=_Schema)
    return {"$schema": _Schema.schema_dialect, **schema, "title": "config.yaml of twitter-pipeline"}


class _Schema(GenerateJsonSchema):
    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:
        return _or_reference(super().int_schema(schema))

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        return _or_reference(super().float_schema(schema))

    def bool_schema(self, schema: core_schema.BoolSchema) -> JsonSchemaValue:
        """With the words that YAML's newest version, which editors read, takes for texts."""
        words = {"type": "string", "pattern": f"^(?:{_YES_OR_NO})$|{REFERENCE}"}
        return {"anyOf": [super().bool_schema(schema), words]}

    def literal_schema(self, schema: core_schema.LiteralSchema) -> JsonSchemaValue:
        return _or_reference(super().literal_schema(schema))

    def encode_default(self, dft: Any) -> Any:
        return format_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Without the defaults that stand for "what is left out follows from something else"."""
        made = super().default_schema(schema)
        if made.get("default") in ("", None):
            made.pop("default", None)
        return made


def _or_reference(schema: JsonSchemaValue) -> JsonSchemaValue:
    return {"anyOf": [schema, {"type": "string", "pattern": REFERENCE}]}
