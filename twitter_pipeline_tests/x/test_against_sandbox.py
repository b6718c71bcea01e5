"""The whole client against the stand-in for X, which checks signatures and keeps what it was sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from twitter_pipeline.config import Credentials
from twitter_pipeline.x import posts
from twitter_pipeline.x.client import XClient, connect
from twitter_pipeline.x.errors import (
    AccountRefused,
    DuplicateText,
    ItemRefused,
    MediaNotReady,
    NotSent,
    OutcomeUnknown,
    Transient,
    WaitUntil,
    XError,
)
from twitter_pipeline.x.upload import Uploaded, set_alt_text, upload
from twitter_pipeline_tests.media import make
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.waiting import wait_for

CREATE = "POST /2/tweets"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    with SandboxServer(tmp_path_factory.mktemp("x"), processing_seconds=0) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(server: SandboxServer) -> SandboxServer:
    server.clear()
    return server


def client_for(sandbox: SandboxServer, credentials: Credentials, read: float = 10) -> XClient:
    return connect(
        credentials,
        base_url=sandbox.url,
        connect_timeout=timedelta(seconds=5),
        read_timeout=timedelta(seconds=read),
    )


@pytest.fixture
def client(sandbox: SandboxServer) -> Iterator[XClient]:
    connected = client_for(sandbox, Credentials.for_sandbox("maker"))
    yield connected
    connected.close()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make.film(tmp_path_factory.mktemp("film") / "film.mp4")


def sent(client: XClient, path: Path, category: str = "tweet_video", **options: object) -> Uploaded:
    settings = {
        "media_type": {"tweet_video": "video/mp4", "tweet_image": "image/png"}[category],
        "category": category,
        "chunk_bytes": 1024 * 1024,
        "processing_timeout": timedelta(seconds=20),
        **options,
    }
    return upload(client, path, **settings)  # type: ignore[arg-type]


# Accounts


def test_the_keys_tell_the_account(client: XClient) -> None:
    me = client.me()
    assert me.username == "maker"
    assert me.id.isdigit()


@pytest.mark.parametrize("part", ["api_key", "api_secret", "access_token", "access_token_secret"])
def test_each_wrong_key_stops_the_account(sandbox: SandboxServer, part: str) -> None:
    keys = {**sandbox.credentials("maker"), part: "wrong"}
    client = client_for(sandbox, Credentials(**keys))
    with pytest.raises(AccountRefused, match="Check the account's four keys") as refused:
        client.me()
    assert refused.value.status == 401
    with pytest.raises(AccountRefused):
        posts.create(client, "hello")
    client.close()


def test_revoked_keys_stop_the_account(sandbox: SandboxServer, client: XClient) -> None:
    client.me()
    sandbox.account("maker", revoked=True)
    with pytest.raises(AccountRefused):
        posts.create(client, "hello")


def test_an_app_that_may_only_read_stops_the_account(sandbox: SandboxServer, client: XClient) -> None:
    client.me()
    sandbox.account("maker", read_only=True)
    with pytest.raises(AccountRefused, match="read and write permission") as refused:
        posts.create(client, "hello")
    assert refused.value.status == 403


# Posting


@pytest.mark.parametrize("text", ["hello", 'ü 🎬 "quoted" & <b> 100% + ~*\'()', "line\nline", "日本語", "e\u0301"])
def test_any_text_arrives_as_it_was_sent(sandbox: SandboxServer, client: XClient, text: str) -> None:
    created = posts.create(client, text)
    assert [(post["id"], post["text"]) for post in sandbox.posts()] == [(created.id, text)]


@pytest.mark.parametrize("labels", [(), ("made_with_ai",), ("made_with_ai", "paid_partnership")])
def test_a_post_carries_the_labels_it_is_sent_with(
    sandbox: SandboxServer, client: XClient, labels: tuple[str, ...]
) -> None:
    posts.create(client, "hello", labels=labels)
    assert [tuple(post["labels"]) for post in sandbox.posts()] == [labels]


def test_the_same_text_again_is_a_duplicate(sandbox: SandboxServer, client: XClient) -> None:
    posts.create(client, "hello")
    with pytest.raises(DuplicateText):
        posts.create(client, "hello")
    assert len(sandbox.posts()) == 1


def test_a_text_that_is_too_long_is_refused_for_good(client: XClient) -> None:
    with pytest.raises(ItemRefused, match="too long"):
        posts.create(client, "x" * 281)


def test_an_unknown_media_id_may_be_known_soon(sandbox: SandboxServer, client: XClient) -> None:
    with pytest.raises(MediaNotReady):
        posts.create(client, "hello", ["1234567890"])
    assert sandbox.posts() == []


@pytest.mark.parametrize(
    ("fault", "expected", "on_x"),
    [
        ({"kind": "drop"}, OutcomeUnknown, 0),
        ({"kind": "drop_after"}, OutcomeUnknown, 1),
        ({"kind": "cut"}, OutcomeUnknown, 1),
        ({"kind": "status", "status": 500, "body": "<html>oops</html>"}, OutcomeUnknown, 0),
        ({"kind": "status", "status": 503}, OutcomeUnknown, 0),
        ({"kind": "status", "status": 201, "body": {}}, OutcomeUnknown, 0),
        ({"kind": "status", "status": 429}, WaitUntil, 0),
        ({"kind": "status", "status": 402}, AccountRefused, 0),
        ({"kind": "status", "status": 401}, AccountRefused, 0),
        ({"kind": "status", "status": 403}, ItemRefused, 0),
        ({"kind": "status", "status": 400}, ItemRefused, 0),
        ({"kind": "status", "status": 404}, Transient, 0),
    ],
)  # fmt: skip
def test_each_fault_is_taken_for_what_it_is(
    sandbox: SandboxServer, client: XClient, fault: dict[str, object], expected: type[XError], on_x: int
) -> None:
    client.me()
    sandbox.fault(CREATE, **fault)  # type: ignore[arg-type]
    with pytest.raises(XError) as raised:
        posts.create(client, "hello")
    assert type(raised.value) is expected
    assert sandbox.faults() == []
    assert len(sandbox.posts()) == on_x


def test_a_post_whose_answer_comes_too_late_is_unknown_and_exists(sandbox: SandboxServer, client: XClient) -> None:
    hasty = client_for(sandbox, Credentials.for_sandbox("maker"), read=1)
    sandbox.fault(CREATE, "delay", seconds=1.5)
    with pytest.raises(OutcomeUnknown, match="timed out"):
        posts.create(hasty, "hello")
    user = client.me().id
    found = wait_for(lambda: posts.timeline(client, user).posts, 20, "the post")
    assert [post.text for post in found] == ["hello"]
    hasty.close()


def test_a_sandbox_that_is_not_running_sends_nothing(tmp_path: Path) -> None:
    stopped = SandboxServer(tmp_path)
    with pytest.raises(NotSent):
        posts.create(client_for(stopped, Credentials.for_sandbox("maker")), "hello")


def test_a_window_that_is_used_up_says_until_when(sandbox: SandboxServer, client: XClient) -> None:
    client.me()
    limit = client.limits["GET /2/users/me 15min"]
    assert limit.limit is not None
    assert limit.remaining is not None
    for _ in range(limit.remaining):
        client.me()
    with pytest.raises(WaitUntil) as waiting:
        client.me()
    assert waiting.value.until == limit.reset


# The timeline


def test_the_timeline_names_addresses_and_media_as_they_were_sent(
    sandbox: SandboxServer, client: XClient, film: Path
) -> None:
    media = sent(client, film)
    posts.create(client, "older")
    created = posts.create(client, "A & B https://example.com/a?b=1", [media.media_id])
    newest, older = posts.timeline(client, client.me().id).posts
    assert older.text == "older"
    assert newest.id == created.id
    assert newest.text == created.text != "A & B https://example.com/a?b=1"
    assert newest.words.strip() == "A & B https://example.com/a?b=1"
    assert newest.media_keys == (media.media_key,)
    assert abs(datetime.now(timezone.utc) - newest.created_at) < timedelta(minutes=1)


def test_the_timeline_can_begin_after_a_post_and_has_pages(client: XClient) -> None:
    made = [posts.create(client, f"number {number}").id for number in range(7)]
    user = client.me().id
    after = posts.timeline(client, user, since_id=made[4])
    assert ([post.id for post in after.posts], after.whole) == ([made[6], made[5]], True)
    assert abs(datetime.now(timezone.utc) - after.at) < timedelta(minutes=1)
    first_page = posts.timeline(client, user, max_results=5)
    assert ([post.id for post in first_page.posts], first_page.whole) == (made[:1:-1], False)
    both = posts.timeline(client, user, max_results=5, most_pages=2)
    assert ([post.id for post in both.posts], both.whole) == (made[::-1], True)


# Uploading


def test_a_film_arrives_byte_by_byte_and_is_posted(sandbox: SandboxServer, client: XClient, film: Path) -> None:
    seen: list[tuple[int, int]] = []
    media = sent(client, film, chunk_bytes=700, on_progress=lambda done, total: seen.append((done, total)))
    size = film.stat().st_size
    assert seen[-1] == (size, size)
    assert len(seen) == -(-size // 700)
    posts.create(client, "hello", [media.media_id])
    (on_x,) = sandbox.posts()[0]["media"]
    assert on_x["sha256"] == hashlib.sha256(film.read_bytes()).hexdigest()
    assert (on_x["id"], on_x["media_key"]) == (media.media_id, media.media_key)
    left = media.expires_at - datetime.now(timezone.utc)
    assert timedelta(hours=23) < left <= timedelta(hours=24)


def test_a_film_of_more_than_a_thousand_chunks_gets_larger_ones(client: XClient, film: Path) -> None:
    count: list[int] = []
    sent(client, film, chunk_bytes=1, on_progress=lambda done, total: count.append(done))
    assert len(count) <= 1000


def test_a_picture_is_uploaded_and_described(sandbox: SandboxServer, client: XClient, tmp_path: Path) -> None:
    make.noise((60, 60)).save(tmp_path / "a.png")
    media = sent(client, tmp_path / "a.png", "tweet_image")
    set_alt_text(client, media.media_id, "a" * 2000)
    posts.create(client, "", [media.media_id])
    (on_x,) = sandbox.posts()[0]["media"]
    assert on_x["alt_text"] == "a" * 999 + "…"


def test_processing_is_waited_for_as_long_as_x_says(tmp_path: Path, film: Path) -> None:
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)

    with SandboxServer(tmp_path / "x", processing_seconds=0.3) as sandbox:
        client = client_for(sandbox, Credentials.for_sandbox("maker"))
        media = sent(client, film, wait=wait)
        posts.create(client, "ready", [media.media_id])
        assert set(waits) == {1}, "check_after_secs is a whole number of seconds"
        client.close()


def test_processing_that_takes_too_long_may_be_tried_again(tmp_path: Path, film: Path) -> None:
    with SandboxServer(tmp_path / "x", processing_seconds=600) as sandbox:
        client = client_for(sandbox, Credentials.for_sandbox("maker"))
        with pytest.raises(Transient, match="has been processing"):
            sent(client, film, processing_timeout=timedelta(seconds=0.3))
        client.close()


def test_a_film_that_x_cannot_use_is_refused_in_its_words(client: XClient, film: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(film.read_bytes()[:-500])
    with pytest.raises(ItemRefused, match="X cannot use this file: InvalidMedia"):
        sent(client, cut)


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: data + b"x"])
def test_a_file_that_changes_meanwhile_is_not_used(
    client: XClient, film: Path, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "growing.mp4"
    path.write_bytes(film.read_bytes())

    def during(done: int, total: int) -> None:
        if done < total and path.stat().st_size == total:
            path.write_bytes(change(film.read_bytes()))

    # Chunks larger than Python's read-ahead, which would hide the change.
    size = path.stat().st_size
    with pytest.raises(Transient, match="changed while it was uploaded"):
        sent(client, path, chunk_bytes=size - 1, on_progress=during)


@pytest.mark.parametrize("kind", ["drop", "drop_after", "cut"])
@pytest.mark.parametrize(
    "call",
    [
        "POST /2/media/upload/initialize",
        "POST /2/media/upload/{id}/append",
        "POST /2/media/upload/{id}/finalize",
    ],
)
def test_a_fault_at_any_step_of_an_upload_may_be_tried_again(
    sandbox: SandboxServer, client: XClient, film: Path, call: str, kind: str
) -> None:
    sandbox.fault(call, kind)
    if call.endswith("append") and kind == "cut":
        # X says nothing of use here: an empty success is one.
        assert sent(client, film).bytes == film.stat().st_size
        return
    with pytest.raises(Transient) as raised:
        sent(client, film)
    assert not isinstance(raised.value, NotSent)
    assert sent(client, film).bytes == film.stat().st_size


def test_a_chunk_that_is_too_large_names_the_setting(sandbox: SandboxServer, client: XClient, film: Path) -> None:
    sandbox.fault("POST /2/media/upload/{id}/append", "status", status=413, body="<html>413</html>")
    with pytest.raises(ItemRefused, match=r"x\.chunk_bytes"):
        sent(client, film)
