"""Asking Gemini: one interface, two libraries behind it, and an end to waiting."""

from __future__ import annotations

import queue
import threading
from datetime import timedelta
from typing import Protocol

from twitter_pipeline.config import Settings
from twitter_pipeline.config.secrecy import redacted
from twitter_pipeline.content.tidy import clean
from twitter_pipeline.enhancing.answer import NoAnswer, Outcome, Reply
from twitter_pipeline.enhancing.http import never_left
from twitter_pipeline.enhancing.question import Question

#: What is told of an error; a proxy may answer with a page.
_MOST_SAID = 300


class Gemini(Protocol):
    """A library that speaks to the Gemini API; one of the adapters beside this module."""

    def ask(self, question: Question) -> Reply:
        """Send the question once, without a retry of its own. Raises NoAnswer, or whatever the library raises."""

    def close(self) -> None:
        """Give up its connections."""


def ask(settings: Settings, question: Question, patience: timedelta | None = None) -> Reply:
    """Ask once, and wait for at most `gemini.timeout`. Raises NoAnswer whatever goes wrong, never with the key in it.

    `patience` is what is left of that time, where some was spent already. Interrupted, it returns at once; an answer
    that then comes is nobody's.
    """
    try:
        gemini = _connect(settings)
        seconds = (settings.gemini.timeout if patience is None else patience).total_seconds()
    except Exception as error:  # noqa: BLE001 - as below
        raise _failed(settings, error) from None
    said: queue.SimpleQueue[Reply | Exception] = queue.SimpleQueue()

    def work() -> None:
        try:
            said.put(gemini.ask(question))
        except Exception as error:  # noqa: BLE001 - whatever it is, the original words go out
            said.put(error)
        finally:
            gemini.close()

    # A thread: the libraries' own timeouts begin anew with each byte that comes.
    threading.Thread(target=work, name="gemini", daemon=True).start()
    try:
        came = said.get(timeout=seconds)
    except queue.Empty:
        raise _late(settings) from None
    if isinstance(came, Exception):
        raise _failed(settings, came) from None
    return came


def _connect(settings: Settings) -> Gemini:
    """The adapter that is chosen. Its library is imported here and nowhere else: it takes most of a second."""
    options = (settings.gemini_api_key, settings.gemini_base_url, settings.gemini.timeout)
    if settings.gemini.sdk == "google-generativeai":
        from twitter_pipeline.enhancing.google_generativeai import GoogleGenerativeAi

        return GoogleGenerativeAi(*options)
    from twitter_pipeline.enhancing.google_genai import GoogleGenai

    return GoogleGenai(*options)


def _late(settings: Settings) -> NoAnswer:
    seconds = settings.gemini.timeout.total_seconds()
    return NoAnswer(Outcome.LATE, f"it did not answer within {seconds:g} s (gemini.timeout)")


def _failed(settings: Settings, error: Exception) -> NoAnswer:
    """What a library raised, in one short line without the key."""
    outcome, said, wait = Outcome.FAILED, f"it could not be asked ({type(error).__name__}: {error})", None
    if isinstance(error, NoAnswer):
        outcome, said, wait = error.outcome, str(error), error.wait
    elif "timeout" in type(error).__name__.lower():
        return _late(settings)
    elif never_left(error):
        outcome = Outcome.REFUSED
    for secret in filter(None, (settings.gemini_api_key, _own_key(settings))):
        said = said.replace(secret, "***")
    said = redacted(said)  # before it is cut short
    said = " ".join(clean(said).split())
    return NoAnswer(outcome, said if len(said) <= _MOST_SAID else f"{said[:_MOST_SAID]}…", wait=wait)


def _own_key(settings: Settings) -> str:
    key = settings.gemini.api_key
    return key.get_secret_value() if key else ""
