"""The adapter for `google-genai`, the library Google supports."""

from __future__ import annotations

from datetime import timedelta

from google import genai
from google.genai import errors, types

from twitter_pipeline.enhancing.answer import Reply
from twitter_pipeline.enhancing.http import is_loopback, refused, wait_of
from twitter_pipeline.enhancing.question import SCHEMA, Question

#: Said, since the library would take another from its environment.
_GOOGLE = "https://generativelanguage.googleapis.com"


class GoogleGenai:
    """A client of its own; see `asking.Gemini`."""

    def __init__(self, api_key: str, base_url: str | None, timeout: timedelta) -> None:
        milliseconds = round(timeout.total_seconds() * 1000)
        # Kept: a client that nothing refers to is closed. Without retry options it tries once.
        self._client = genai.Client(
            api_key=api_key,
            vertexai=False,
            http_options=types.HttpOptions(
                base_url=base_url or _GOOGLE,
                api_version="v1beta",
                timeout=milliseconds,
                client_args={"trust_env": not is_loopback(base_url)},
            ),
        )

    def ask(self, question: Question) -> Reply:
        """Send the question once."""
        try:
            said = self._client.models.generate_content(
                model=question.model,
                contents=types.Content(role="user", parts=_parts(question)),
                config=types.GenerateContentConfig(
                    system_instruction=question.instruction,
                    response_mime_type="application/json",
                    response_json_schema=dict(SCHEMA),
                    max_output_tokens=question.max_tokens,
                    automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
                ),
            )
        except errors.APIError as error:
            headers = getattr(error.response, "headers", None) or {}
            wait = wait_of(headers, error.details)
            raise refused(error.code, error.message or error.status or "", wait) from error
        return _reply(said)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()


def _parts(question: Question) -> list[types.Part]:
    pictures = [types.Part.from_bytes(data=one, mime_type="image/jpeg") for one in question.pictures]
    return [*pictures, types.Part.from_text(text=question.message)]


def _reply(said: types.GenerateContentResponse) -> Reply:
    usage, feedback = said.usage_metadata, said.prompt_feedback
    asked = usage.prompt_token_count if usage else None
    in_all = usage.total_token_count if usage else None
    candidate = said.candidates[0] if said.candidates else None
    content = candidate.content if candidate else None
    parts = (content.parts if content else None) or []
    return Reply(
        text="".join(part.text for part in parts if part.text and not part.thought),
        finish=candidate.finish_reason.name if candidate and candidate.finish_reason else "",
        blocked=feedback.block_reason.name if feedback and feedback.block_reason else "",
        input_tokens=asked,
        output_tokens=None if asked is None or in_all is None else in_all - asked,
    )
