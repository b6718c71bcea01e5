"""The section "Easing" of docs/monitoring.md says what the code does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from twitter_pipeline.cli.up import fleet, recycling
from twitter_pipeline.monitoring import actions
from twitter_pipeline.monitoring.actions import rarer_scans, vacuum
from twitter_pipeline.monitoring.actions.recycling import AGAIN_AFTER, SERVICES
from twitter_pipeline.store import breaker

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def test_its_numbers_are_those_of_the_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text(encoding="utf-8")
    text = " ".join(page.split("## Easing")[1].split())
    for said in (
        f"half again after {actions.BETWEEN_STEPS // MINUTE} minutes",
        f"ends within {actions.LASTS // MINUTE} minutes",
        f"rests {rarer_scans.SHORTEST.seconds} s between two scans",
        f"| {rarer_scans.LONGEST // MINUTE} minutes at most |",
        f"{breaker.LONGEST_WAIT // MINUTE} minutes at most between two tries",
        f"waits {breaker.FIRST_WAIT // MINUTE} minutes",
        f"{['three'][breaker.ERRORS - 3]} attempts in a row",
        f"When {breaker.TRIED_WITHIN // MINUTE} minutes after the wait",
        f"once in {vacuum.AGAIN_AFTER // HOUR} hours",
        f"ends itself after {vacuum.SECONDS} seconds",
        f"at most {vacuum.LARGEST // 10**9} GB, and room for two more of it, and {vacuum.ROOM // 10**6} MB",
        f"once {['an hour'][AGAIN_AFTER // HOUR - 1]} for each",
        f"{recycling.PATIENCE // MINUTE} minutes at most, in which no run is requested",
        f"end within {fleet.ENDS_WITHIN:.0f} seconds",
    ):
        assert said in text, said
    assert all(name.replace("-", " ") in text.lower() for name in SERVICES)
