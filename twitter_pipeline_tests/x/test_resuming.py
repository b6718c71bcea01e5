"""Uploads that go on where an earlier one stopped, against the stand-in for X."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from twitter_pipeline.config import Credentials
from twitter_pipeline.x import posts
from twitter_pipeline.x.client import XClient, connect
from twitter_pipeline.x.errors import ItemRefused, ProcessingStuck, Transient, XError
from twitter_pipeline.x.upload import Begun, Uploaded, upload
from twitter_pipeline_tests.media import make
from twitter_pipeline_tests.support.sandbox import SandboxServer

APPEND = "POST /2/media/upload/{id}/append"
FINALIZE = "POST /2/media/upload/{id}/finalize"
STATUS = "GET /2/media/upload"
CHUNK = 700
REFUSED = {"title": "Invalid Request", "detail": "The media was finalized already.", "type": "about:blank"}
#: How X refuses what it does not know (any more).
refusals = pytest.mark.parametrize(("status", "body"), [(400, REFUSED), (403, REFUSED), (404, None), (410, REFUSED)])


def client_for(sandbox: SandboxServer) -> XClient:
    seconds = timedelta(seconds=5)
    keys = Credentials.for_sandbox("maker")
    return connect(keys, base_url=sandbox.url, connect_timeout=seconds, read_timeout=seconds)


@pytest.fixture
def client(sandbox: SandboxServer) -> Iterator[XClient]:
    connected = client_for(sandbox)
    yield connected
    connected.close()


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("picture") / "cat.png"
    make.noise((30, 30)).save(path)
    return path


class Upload:
    """An upload of a file with what it kept and said."""

    def __init__(self, client: XClient, path: Path, **options: Any) -> None:
        film = path.suffix == ".mp4"
        self._client, self._path = client, path
        self._options = {
            "media_type": "video/mp4" if film else "image/png",
            "category": "tweet_video" if film else "tweet_image",
            "chunk_bytes": CHUNK,
            "processing_timeout": timedelta(seconds=20),
            **options,
        }
        self.kept: list[Begun] = []
        self.said: list[str] = []

    def __call__(self, **options: Any) -> Uploaded:
        begun = self.kept[-1] if self.kept else None
        every = {"begun": begun, "keep": self.kept.append, "say": self.said.append, **self._options, **options}
        return upload(self._client, self._path, **every)

    def stop(self, sandbox: SandboxServer, call: str, kind: str = "drop", **fault: Any) -> None:
        """Run it until that fault."""
        sandbox.fault(call, kind, **fault)
        with pytest.raises(XError):
            self()
        sandbox.clear_faults()

    @property
    def media_ids(self) -> list[str]:
        """Those it was given, in their order."""
        return list(dict.fromkeys(begun.media_id for begun in self.kept))

    def is_posted(self, sandbox: SandboxServer, uploaded: Uploaded) -> bool:
        """Whether a post of it shows the file's bytes."""
        posts.create(self._client, "hello", [uploaded.media_id])
        (medium,) = sandbox.posts()[0]["media"]
        return bool(medium["sha256"] == hashlib.sha256(self._path.read_bytes()).hexdigest())


def test_each_step_is_kept_before_the_next_one_is_made(client: XClient, clip: Path) -> None:
    uploading = Upload(client, clip)
    done = uploading()
    steps = [(begun.segments, begun.finalized, begun.ready) for begun in uploading.kept]
    assert steps == [*((n, False, False) for n in range(5)), (4, True, True)]
    assert {begun.media_key for begun in uploading.kept} == {done.media_key} != {""}


@pytest.mark.parametrize("kind", ["drop", "drop_after"])
@pytest.mark.parametrize("after", range(4))
def test_a_segment_whose_answer_was_lost_is_sent_again(
    sandbox: SandboxServer, client: XClient, clip: Path, after: int, kind: str
) -> None:
    uploading = Upload(client, clip)
    uploading.stop(sandbox, APPEND, kind, after=after)
    assert uploading.kept[-1].segments == after
    assert uploading.is_posted(sandbox, uploading())
    assert len(uploading.media_ids) == 1
    assert uploading.said == ([f"going on with segment {after + 1} of 4"] if after else [])


@refusals
def test_a_segment_that_x_refuses_of_an_upload_gone_on_with_begins_it_anew(
    sandbox: SandboxServer, client: XClient, clip: Path, status: int, body: Any
) -> None:
    uploading = Upload(client, clip)
    uploading.stop(sandbox, APPEND, after=2)
    sandbox.fault(APPEND, "status", status=status, body=body)
    assert uploading.is_posted(sandbox, uploading())
    assert len(uploading.media_ids) == 2
    assert f"from the beginning: X answered {status}" in uploading.said[-1]


def test_a_segment_that_x_refuses_again_refuses_the_item(sandbox: SandboxServer, client: XClient, clip: Path) -> None:
    uploading = Upload(client, clip)
    uploading.stop(sandbox, APPEND, after=2)
    sandbox.fault(APPEND, "status", status=400, body=REFUSED, times=2)
    with pytest.raises(ItemRefused):
        uploading()
    assert sandbox.faults() == [], "once anew, not more"


@pytest.mark.parametrize("kind", ["drop", "drop_after", "cut"])
@pytest.mark.parametrize("name", ["clip", "picture"])
def test_a_finalize_whose_answer_was_lost_is_asked_for_again(
    sandbox: SandboxServer, client: XClient, kind: str, name: str, request: pytest.FixtureRequest
) -> None:
    uploading = Upload(client, request.getfixturevalue(name))
    uploading.stop(sandbox, FINALIZE, kind)
    assert not uploading.kept[-1].finalized
    assert uploading.is_posted(sandbox, uploading())
    assert len(uploading.media_ids) == 1


@refusals
def test_a_second_finalize_that_x_refuses_is_found_done_for_a_film_and_begun_anew_for_a_picture(
    sandbox: SandboxServer, client: XClient, clip: Path, picture: Path, status: int, body: Any
) -> None:
    for path, ids in ((clip, 1 if status != 404 else 2), (picture, 2)):
        sandbox.clear()
        uploading = Upload(client, path)
        uploading.stop(sandbox, FINALIZE, "drop_after")
        sandbox.fault(FINALIZE, "status", status=status, body=body)
        assert uploading.is_posted(sandbox, uploading())
        assert len(uploading.media_ids) == ids


def test_a_status_that_says_nothing_of_processing_is_no_proof_of_a_finalize(
    sandbox: SandboxServer, client: XClient, clip: Path
) -> None:
    uploading = Upload(client, clip)
    uploading.stop(sandbox, FINALIZE)
    sandbox.fault(FINALIZE, "status", status=400, body=REFUSED)
    sandbox.fault(STATUS, "status", status=200, body={"data": {"id": uploading.kept[-1].media_id}})
    assert uploading.is_posted(sandbox, uploading())
    assert len(uploading.media_ids) == 2


@refusals
def test_a_film_in_processing_is_waited_for_and_begun_anew_when_x_does_not_know_it(
    sandbox: SandboxServer, client: XClient, clip: Path, status: int, body: Any
) -> None:
    pending = {"state": "pending", "check_after_secs": 1}
    for known in (True, False):
        sandbox.clear()
        uploading = Upload(client, clip, wait=lambda _: None)
        uploading()
        finalized = replace(uploading.kept[-1], ready=False)
        sandbox.fault(STATUS, "status", status=200, body={"data": {"id": "7", "processing_info": pending}})
        if not known:
            sandbox.fault(STATUS, "status", status=status, body=body)
        assert uploading.is_posted(sandbox, uploading(begun=finalized))
        assert len(uploading.media_ids) == (1 if known else 2)
        assert uploading.said[0] == "is on X already, which is not through with it"


def test_processing_that_does_not_end_is_told_apart(tmp_path: Path, clip: Path) -> None:
    with SandboxServer(tmp_path / "x", processing_seconds=600) as sandbox:
        client = client_for(sandbox)
        uploading = Upload(client, clip, processing_timeout=timedelta(0))
        for _ in range(2):
            with pytest.raises(ProcessingStuck, match="has been processing"):
                uploading()
        assert len(uploading.media_ids) == 1
        client.close()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda begun: replace(begun, source=replace(begun.source, mtime_ns=1)), "the file is not"),
        (lambda begun: replace(begun, source=replace(begun.source, size=1)), "the file is not"),
        (lambda begun: replace(begun, source=replace(begun.source, sha256="0")), "the file is not"),
        (lambda begun: replace(begun, source=replace(begun.source, category="tweet_image")), "the file is not"),
        (lambda begun: replace(begun, source=replace(begun.source, media_type="image/png")), "the file is not"),
        (lambda begun: replace(begun, chunk_bytes=CHUNK - 1), "x.chunk_bytes"),
        (lambda begun: replace(begun, expires_at=begun.expires_at - timedelta(hours=23, minutes=51)), "X forgets"),
    ],
)
def test_what_does_not_fit_any_more_is_begun_anew(
    sandbox: SandboxServer, client: XClient, clip: Path, change: Callable[[Begun], Begun], why: str
) -> None:
    uploading = Upload(client, clip)
    uploading.stop(sandbox, APPEND, after=2)
    assert uploading.is_posted(sandbox, uploading(begun=change(uploading.kept[-1])))
    assert len(uploading.media_ids) == 2
    assert uploading.said[0].startswith(f"from the beginning: {why}")


def test_the_network_s_faults_do_not_begin_it_anew(sandbox: SandboxServer, client: XClient, clip: Path) -> None:
    uploading = Upload(client, clip)
    for after in range(2):
        uploading.stop(sandbox, APPEND, after=after)
        uploading.stop(sandbox, APPEND, "status", status=503)
    uploading.stop(sandbox, APPEND, "status", status=401)
    uploading.stop(sandbox, APPEND, "status", status=429)
    assert uploading.is_posted(sandbox, uploading())
    assert len(uploading.media_ids) == 1


def test_what_keeping_a_step_raises_ends_the_upload(client: XClient, clip: Path) -> None:
    kept: list[Begun] = []

    def full(begun: Begun) -> None:
        if begun.segments == 2:
            raise OSError("the disk is full")
        kept.append(begun)

    uploading = Upload(client, clip)
    with pytest.raises(OSError, match="full"):
        uploading(keep=full)
    assert kept[-1].segments == 1


@pytest.mark.parametrize("resumed", [False, True])
def test_other_bytes_than_those_asked_for_are_never_finalized(
    sandbox: SandboxServer, client: XClient, clip: Path, resumed: bool
) -> None:
    uploading = Upload(client, clip, sha256="0" * 64)
    if resumed:
        uploading.stop(sandbox, APPEND, after=2)
    with pytest.raises(Transient, match="another file than was checked"):
        uploading()
    assert not any(begun.finalized for begun in uploading.kept)
