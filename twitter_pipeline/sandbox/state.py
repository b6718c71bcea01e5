"""What the sandbox remembers: one SQLite file, and the media files beside it.

An accepted post must survive a kill and a power cut (a test that counts posts afterwards relies on it), so its
commit is synchronous. Nonces and request counts are written on every call and may be lost in a power cut: they go
through a second connection that does not wait for the disk.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twitter_pipeline.sandbox.weight import words_of

_SCHEMA = """
CREATE TABLE IF NOT EXISTS last_id (id INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS users (
  id INTEGER PRIMARY KEY, username TEXT NOT NULL UNIQUE, created_ms INTEGER NOT NULL,
  revoked INTEGER NOT NULL DEFAULT 0, read_only INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS media (
  id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, category TEXT NOT NULL, media_type TEXT NOT NULL,
  total_bytes INTEGER NOT NULL, created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,
  finalized_ms INTEGER, ready_ms INTEGER, sha256 TEXT, failure TEXT,
  width INTEGER, height INTEGER, duration_ms INTEGER, alt_text TEXT);
CREATE TABLE IF NOT EXISTS segments (
  media_id INTEGER NOT NULL, position INTEGER NOT NULL, bytes INTEGER NOT NULL, file TEXT NOT NULL,
  PRIMARY KEY (media_id, position));
CREATE TABLE IF NOT EXISTS posts (
  id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, created_ms INTEGER NOT NULL,
  text TEXT NOT NULL, shown TEXT NOT NULL, entities TEXT NOT NULL, body TEXT NOT NULL,
  conversation_id INTEGER NOT NULL, reply_to INTEGER, deleted_ms INTEGER);
CREATE INDEX IF NOT EXISTS posts_of_user ON posts (user_id, id);
CREATE TABLE IF NOT EXISTS post_media (
  post_id INTEGER NOT NULL, position INTEGER NOT NULL, media_id INTEGER NOT NULL,
  PRIMARY KEY (post_id, position));
CREATE TABLE IF NOT EXISTS captions (
  media_id INTEGER NOT NULL, language TEXT NOT NULL, name TEXT NOT NULL, captions_id INTEGER NOT NULL,
  PRIMARY KEY (media_id, language));
CREATE TABLE IF NOT EXISTS nonces (
  token TEXT NOT NULL, nonce TEXT NOT NULL, timestamp INTEGER NOT NULL, PRIMARY KEY (token, nonce, timestamp));
CREATE INDEX IF NOT EXISTS nonces_by_age ON nonces (timestamp);
CREATE TABLE IF NOT EXISTS windows (
  user_id INTEGER NOT NULL, call TEXT NOT NULL, resets_at INTEGER NOT NULL, used INTEGER NOT NULL,
  PRIMARY KEY (user_id, call));
"""
# What later versions keep too: added to a folder of an earlier one.
_ADDED = (
    ("users", "premium", "INTEGER NOT NULL DEFAULT 0"),
    ("posts", "fault", "TEXT"),
    ("posts", "words", "TEXT"),
    ("media", "fault", "TEXT"),
    ("media", "usable_ms", "INTEGER"),
    ("media", "stuck", "INTEGER NOT NULL DEFAULT 0"),
)
_TABLES = ("last_id", "users", "media", "segments", "posts", "post_media", "captions", "nonces", "windows")

#: X's ids count milliseconds from here (2010-11-04T01:42:54.657Z), shifted by 22 bits.
_SNOWFLAKE_EPOCH_MS = 1_288_834_974_657


@dataclass(frozen=True)
class User:
    """An account of the sandbox."""

    id: int
    username: str
    created_ms: int
    #: Its tokens no longer work: every call is a 401.
    revoked: bool
    #: Its app may read only: every write is a 403.
    read_only: bool
    #: It has X Premium: its posts may be long.
    premium: bool


class _Connection:
    """One SQLite connection, used by one thread at a time."""

    def __init__(self, path: Path, synchronous: str) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute(f"PRAGMA synchronous = {synchronous}")

    def executescript(self, sql: str) -> None:
        self._db.executescript(sql)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            yield self._db

    def close(self) -> None:
        with self._lock:
            self._db.close()


class State:
    """The sandbox's memory in `folder`; `clock` gives epoch seconds. Every method may block: call it in a thread."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.media_folder = folder / "media"
        self.upload_folder = folder / "uploads"
        self._make_folders()
        self._clock = clock
        self._durable = _Connection(folder / "x.db", "FULL")
        self._quick = _Connection(folder / "x.db", "NORMAL")
        self._durable.executescript(_SCHEMA)
        with self._durable.transaction() as db:
            for table, column, kind in _ADDED:
                if column not in {row["name"] for row in db.execute(f"PRAGMA table_info ({table})")}:
                    db.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
            for row in db.execute("SELECT id, text FROM posts WHERE words IS NULL").fetchall():
                db.execute("UPDATE posts SET words = ? WHERE id = ?", (words_of(row["text"]), row["id"]))
            db.execute("CREATE INDEX IF NOT EXISTS posts_by_words ON posts (user_id, words)")
        #: Statements of this transaction are on disk when it ends.
        self.transaction = self._durable.transaction
        #: The same without waiting for the disk: safe against a kill, not against a power cut.
        self.quick_transaction = self._quick.transaction
        self.reading = self._durable.reading

    def now_ms(self) -> int:
        """The time as epoch milliseconds."""
        return int(self._clock() * 1000)

    def new_id(self, db: sqlite3.Connection) -> int:
        """A snowflake id above every earlier one, also after the clock was set back."""
        by_time = (self.now_ms() - _SNOWFLAKE_EPOCH_MS) << 22
        row = db.execute("SELECT id FROM last_id").fetchone()
        if row is None:
            db.execute("INSERT INTO last_id VALUES (?)", (by_time,))
            return by_time
        new = max(by_time, int(row["id"]) + 1)
        db.execute("UPDATE last_id SET id = ?", (new,))
        return new

    def user(self, username: str) -> User | None:
        with self.reading() as db:
            row = db.execute("SELECT * FROM users WHERE username = ?", (username,)).fetchone()
        return _user(row) if row else None

    def user_by_id(self, user_id: int | str) -> User | None:
        with self.reading() as db:
            row = db.execute("SELECT * FROM users WHERE id = ?", (user_id,)).fetchone()
        return _user(row) if row else None

    def ensure_user(self, username: str) -> User:
        """The account of that name, made when it is not there yet."""
        known = self.user(username)
        if known:
            return known
        with self.transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO users (id, username, created_ms) VALUES (?, ?, ?)",
                (self.new_id(db), username, self.now_ms()),
            )
            return _user(db.execute("SELECT * FROM users WHERE username = ?", (username,)).fetchone())

    def set_account(self, username: str, **flags: bool) -> User:
        """Set `revoked`, `read_only` or `premium` of an account."""
        user = self.ensure_user(username)
        with self.transaction() as db:
            for name in ("revoked", "read_only", "premium"):
                if name in flags:
                    db.execute(f"UPDATE users SET {name} = ? WHERE id = ?", (flags[name], user.id))  # noqa: S608
            return _user(db.execute("SELECT * FROM users WHERE id = ?", (user.id,)).fetchone())

    def clear(self) -> None:
        """Forget everything, files included. Ids go on rising: a new post must never carry an old post's id."""
        with self.transaction() as db:
            for table in _TABLES:
                if table != "last_id":
                    db.execute(f"DELETE FROM {table}")  # noqa: S608
        for folder in (self.media_folder, self.upload_folder):
            shutil.rmtree(folder, ignore_errors=True)
        self._make_folders()

    def close(self) -> None:
        self._quick.close()
        self._durable.close()

    def _make_folders(self) -> None:
        for folder in (self.media_folder, self.upload_folder):
            folder.mkdir(exist_ok=True)


def _user(row: Any) -> User:
    flags = (bool(row[name]) for name in ("revoked", "read_only", "premium"))
    return User(row["id"], row["username"], row["created_ms"], *flags)


def iso(epoch_ms: int) -> str:
    """Epoch milliseconds as X writes times: ``2026-11-24T08:00:00.000Z``."""
    seconds, millis = divmod(epoch_ms, 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{millis:03d}Z"
