"""Requests per user and call in windows of 15 minutes, with the headers X tells them by."""

from __future__ import annotations

from twitter_pipeline.sandbox.problems import too_many
from twitter_pipeline.sandbox.state import State, User

WINDOW_SECONDS = 15 * 60


def count(state: State, user: User, call: str, limit: int) -> dict[str, str]:
    """Count one request of `user`; the ``x-rate-limit-*`` headers of its answer. Raises the 429 of a used-up window.

    As on X a window starts with its first request. A request answered 429 is not counted.
    """
    now = state.now_ms() // 1000
    with state.quick_transaction() as db:
        row = db.execute(
            "SELECT resets_at, used FROM windows WHERE user_id = ? AND call = ?", (user.id, call)
        ).fetchone()
        resets_at, used = (row["resets_at"], row["used"]) if row else (0, 0)
        if resets_at <= now:
            resets_at, used = now + WINDOW_SECONDS, 0
        refused = used >= limit
        if not refused:
            used += 1
            db.execute(
                "INSERT OR REPLACE INTO windows (user_id, call, resets_at, used) VALUES (?, ?, ?, ?)",
                (user.id, call, resets_at, used),
            )
    headers = {
        "x-rate-limit-limit": str(limit),
        "x-rate-limit-remaining": str(limit - used),
        "x-rate-limit-reset": str(resets_at),
    }
    if refused:
        raise too_many(headers)
    return headers
