"""Gemini is asked only where TLS shows that it is who it should be."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from twitter_pipeline.enhancing.answer import NoAnswer, Outcome
from twitter_pipeline.enhancing.asking import ask
from twitter_pipeline.enhancing.question import Question
from twitter_pipeline_tests.enhancing.conftest import MakeGemini
from twitter_pipeline_tests.support.tls import self_signed
from twitter_pipeline_tests.x.raw import RawServer, answer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RawServer]:
    raw = RawServer(answer(200, b"{}"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path / "server.pem", "localhost"))
    raw.speak_tls(context)
    yield raw
    raw.stop()


def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(
    gemini: MakeGemini, server: RawServer
) -> None:
    settings = gemini(mode="live", base_url=server.url.replace("http://127.0.0.1", "https://localhost"))
    with pytest.raises(NoAnswer, match="CERTIFICATE_VERIFY_FAILED") as raised:
        ask(settings, Question("gemini-3.8-flash", "Improve it.", "{}", 100))
    assert raised.value.outcome is Outcome.REFUSED
    assert server.connections >= 1
    assert server.requests == []
