"""The adapter for `google-generativeai`, which Google supports no more (since 2025-11)."""

from __future__ import annotations

import warnings
from datetime import timedelta
from typing import Any

with warnings.catch_warnings():
    # It says at every import that its support has ended; docs/gemini.md says it once.
    warnings.filterwarnings("ignore", r"\s*All support for the `google\.generativeai` package has ended", FutureWarning)
    from google.generativeai.client import configure, get_default_generative_client
    from google.generativeai.generative_models import GenerativeModel
from google.api_core.exceptions import GoogleAPICallError

from twitter_pipeline.enhancing.answer import Reply
from twitter_pipeline.enhancing.http import is_loopback, refused, wait_of
from twitter_pipeline.enhancing.question import SCHEMA, Question


class GoogleGenerativeAi:
    """The library's one client of the process, set up for this key and address; see `asking.Gemini`."""

    def __init__(self, api_key: str, base_url: str | None, timeout: timedelta) -> None:
        self._seconds = timeout.total_seconds()
        options = {"api_endpoint": base_url} if base_url else {}
        # REST: its gRPC goes around proxies, and no stand-in speaks it.
        configure(api_key=api_key, transport="rest", client_options=options)
        # It has no setting for it, and no later release that could move it.
        transport: Any = get_default_generative_client().transport
        transport._session.trust_env = not is_loopback(base_url)

    def ask(self, question: Question) -> Reply:
        """Send the question once."""
        model = GenerativeModel(
            question.model,
            system_instruction=question.instruction,
            generation_config={
                "response_mime_type": "application/json",
                "response_schema": SCHEMA,
                "max_output_tokens": question.max_tokens,
            },
        )
        try:
            # Its own retry would ask, and pay, behind the budget's back.
            options: Any = {"timeout": self._seconds, "retry": None}
            pictures = [{"mime_type": "image/jpeg", "data": one} for one in question.pictures]
            said = model.generate_content([*pictures, question.message], request_options=options)
        except GoogleAPICallError as error:
            if error.code is None:
                raise
            raise refused(int(error.code), error.message or "", _wait(error)) from error
        return _reply(said)

    def close(self) -> None:
        """Nothing: its client is the process's."""


def _wait(error: GoogleAPICallError) -> timedelta | None:
    answer: Any = error.response
    try:
        body = answer.json()
    except (AttributeError, ValueError):
        body = None
    return wait_of(getattr(answer, "headers", None) or {}, body)


def _reply(said: Any) -> Reply:
    usage = said.usage_metadata
    candidate = said.candidates[0] if said.candidates else None
    parts = candidate.content.parts if candidate else ()
    return Reply(
        text="".join(part.text for part in parts),
        finish=_name(candidate.finish_reason) if candidate else "",
        blocked=_name(said.prompt_feedback.block_reason) if said.prompt_feedback.block_reason else "",
        input_tokens=usage.prompt_token_count or None,
        output_tokens=max(0, usage.total_token_count - usage.prompt_token_count) if usage.total_token_count else None,
    )


def _name(value: Any) -> str:
    """An enum's name; a number where the library is older than the value."""
    return str(getattr(value, "name", value))
