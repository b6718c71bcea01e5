"""A process says no secret, whichever way it takes: a new process with `install` is asked to say one in each."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import traceback

import pytest

from twitter_pipeline.config import secrecy
from twitter_pipeline.config.redaction import Withheld, one_entry, plain, scrub, without_secrets

SECRET = "s3cret-of-somebody"


@pytest.fixture
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrecy, "_kept", frozenset())
    secrecy.keep([SECRET])
    yield
    monkeypatch.setattr(secrecy, "_forms", ())


WAYS = {
    "print": "print('the key', S)",
    "stderr": "sys.stderr.writelines(['the key ', S])",
    "an uncaught exception": "raise ValueError('the key ' + S)",
    "its cause": """
        try:
            raise KeyError('the key ' + S)
        except KeyError as error:
            raise ValueError('nothing') from error
    """,
    "a thread": """
        import threading
        thread = threading.Thread(target=int, args=('the key ' + S,), name='worker')
        thread.start(); thread.join()
    """,
    "an exception nobody can be told of": """
        class Broken:
            def __del__(self):
                raise ValueError('the key ' + S)
        Broken()
    """,
    "a log line": "logging.basicConfig(); logging.warning('the key %s', S)",
    "a log line of a library's handler": """
        logging.basicConfig(handlers=[logging.StreamHandler(Bare())]); logging.warning('the key %s', S)
    """,
    "its traceback": """
        logging.basicConfig(handlers=[logging.StreamHandler(Bare())])
        try:
            raise ValueError('the key ' + S)
        except ValueError:
            logging.exception('failed')
    """,
    "a log line that cannot be made": "logging.basicConfig(); logging.warning('the key %d', S)",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_process_does_not_say_it(way: str) -> None:
    program = textwrap.dedent("""
        import logging, os, sys
        from twitter_pipeline.config import redaction, secrecy
        class Bare:  # around sys.stderr, as a file is
            def write(self, text): os.write(2, text.encode())
            def flush(self): pass
        S = "s3cret" + "-of-" + "somebody"
        secrecy.keep([S])
        redaction.install()
        redaction.install()
    """) + textwrap.dedent(WAYS[way])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    said = done.stdout + done.stderr
    assert "the key ***" in said or "***" in said, said
    assert SECRET not in said


@pytest.mark.usefixtures("_known")
def test_an_exception_that_another_process_will_show_has_its_words_changed_and_its_causes_too() -> None:
    def fail() -> None:
        try:
            try:
                raise KeyError(SECRET)
            except KeyError:
                raise OSError(5, f"the proxy says {SECRET}") from None
        except OSError as error:
            error.filename = SECRET  # no argument: its words cannot be changed
            raise ValueError(f"with {SECRET}", 7) from error

    with pytest.raises(ValueError, match="with ") as raised, without_secrets():
        fail()
    shown = "".join(traceback.format_exception(raised.value))
    assert SECRET not in shown
    assert raised.value.args == ("with ***", 7)
    assert "the proxy says ***" in shown
    assert "in fail" in shown


@pytest.mark.usefixtures("_known")
def test_one_whose_words_cannot_be_changed_is_replaced() -> None:
    class Stubborn(Exception):
        def __str__(self) -> str:
            return f"signed with {SECRET}"

    with pytest.raises(Withheld, match=r"Stubborn: signed with \*\*\*"), without_secrets():
        raise Stubborn


@pytest.mark.usefixtures("_known")
def test_one_without_secrets_is_left_as_it_is() -> None:
    error = ValueError("nothing")
    error.__context__ = error.__cause__ = KeyError("neither")
    assert scrub(error) is error
    assert isinstance(error.__cause__, KeyError)


def test_text_of_others_stays_text() -> None:
    assert plain("a\x1b[31mred\x9b0m \x00\x07\r\u2028\u202e\u2066 ok\tyes\nnext ⛵👩‍🚀") == (
        r"a\x1b[31mred\x9b0m \x00\x07\r\u2028\u202e\u2066 ok" + "\tyes\nnext ⛵👩‍🚀"
    )
    assert one_entry("a\n12:00 forged\n  indented\n") == "a\n  12:00 forged\n  indented\n"
