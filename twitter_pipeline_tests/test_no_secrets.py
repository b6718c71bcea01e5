"""Nothing that may be a secret was ever committed: whoever clones the project has its whole history."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

#: What may be a key of any service: long, of letters of both kinds and digits, and no word of a program.
_TOKEN = re.compile(r"(?<![\w+/.%-])[A-Za-z0-9_-]{24,}=?(?![\w+/=%-])")
_KNOWN = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "a key of AWS": re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    "a token of GitHub": re.compile(r"\b(gh[pousr]_\w{36}|github_pat_\w{22,})"),
    "a token of Slack": re.compile(r"\bxox[abprs]-[\w-]{10,}"),
    "a key of Google": re.compile(r"\bAIza[\w-]{35}"),
    "an access token of X": re.compile(r"\b[0-9]{6,20}-[A-Za-z0-9]{30,}\b"),
    "a bearer token of X": re.compile(r"\bA{15,}[\w%]{40,}"),
}
#: Files that hold secrets wherever there are any.
_PRIVATE = re.compile(r"(^|/)(\.env|secret\.key.*|.*\.(pem|p12|pfx|keys)|id_(rsa|ed25519)|pipeline\.db.*)$")
#: Such strings of ours that are no secrets.
_HARMLESS = {
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "IMG_20230815_a_very_long_name_of_a_picture_here",
    "IMG_20230815_a_very_long_name_of_a_picture_that_was_taken",
    "EA_Play_2016_Live_from_the_Novo_Theatre-42850523",  # a film's name, of the samples
    "W5M0MpCehiHzreSzNTczkc9d",  # stands in every XMP file
    "TIiajkdnlazkcOXrIdevi7FQ",  # the example of an address for Slack in Apprise's documentation
}


def suspicious(line: str) -> str | None:
    """What looks like a secret in a line; None when nothing does."""
    for what, pattern in _KNOWN.items():
        if pattern.search(line):
            return what
    for token in _TOKEN.findall(line):
        kinds = all(re.search(kind, token) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
        if kinds and token not in _HARMLESS:
            return f"{token[:4]}… may be a key"
    return None


def git(*arguments: str) -> str:
    if not (ROOT / ".git").exists():
        pytest.skip("there is no history here: this is no clone")
    command = ["git", "-c", "core.quotepath=off", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode(errors="replace")


def added(text: str) -> Iterator[tuple[str, str]]:
    """Each line that a patch adds, with its file."""
    file = ""
    for line in text.splitlines():
        if line.startswith("+++ "):
            file = line[4:].removeprefix("b/")
        elif line.startswith("+"):
            yield file, line[1:]


# The lock file is looked at below, the pictures are no text, and the signs of this file itself look like what it seeks.
_LEFT_OUT = ("--", ".", ":!requirements.lock", ":!*.png", f":!twitter_pipeline_tests/{Path(__file__).name}")


def test_no_secret_was_ever_committed_nor_is_about_to_be() -> None:
    found = [
        (file, what)
        for patch in (git("log", "-p", "--no-color", *_LEFT_OUT), git("diff", "HEAD", "--no-color", *_LEFT_OUT))
        for file, line in added(patch)
        if (what := suspicious(line)) is not None
    ]
    assert found == []


def test_no_file_that_holds_secrets_was_ever_committed() -> None:
    names = git("log", "--name-only", "--format=").splitlines()
    assert names
    assert sorted({name for name in names if _PRIVATE.search(name)}) == []


def test_the_lock_file_holds_names_versions_and_hashes_only() -> None:
    line = re.compile(r"[\w.-]+(\[[\w,.-]+\])?==[\w.!+]+( ; [\w.'<>=!()* -]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    assert [each for each in lines if not line.fullmatch(each)] == []


@pytest.mark.parametrize(
    "line",
    [
        "key: " + "1234567890" + "-" + "aB3" * 13,
        "api_secret: " + "aB3dE6gH9" * 5,
        'token = "' + "A" * 20 + "%2B" + "aB3dE6gH9" * 8 + '"',
        "TWITTER_PIPELINE_KEY=" + "aB3dE6gH9-_" * 4 + "=",
        "AI" + "za" + "SyA" + "b3dE6gH9" * 4,
        "-----BEGIN " + "OPENSSH PRIVATE KEY-----",
        "AK" + "IA" + "ABCDEFGH12345678",
        "gh" + "p_" + "a" * 36,
    ],
)
def test_a_secret_would_be_found(line: str) -> None:
    assert suspicious(line)


@pytest.mark.parametrize("name", [".env", "var/live/secret.key", "a/secret.key.new", "server.pem", "maker.keys"])
def test_a_private_file_would_be_found(name: str) -> None:
    assert _PRIVATE.search(name)
