"""The report: one file that needs nothing else, whose figures are right and whose words are only words."""

from __future__ import annotations

import base64
import io
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from twitter_pipeline.analytics import charts, daily, report
from twitter_pipeline.config import XPrices
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.tables import analytics_hourly, timeline_readings
from twitter_pipeline_tests.analytics.happenings import HOUR, a_day_at_work
from twitter_pipeline_tests.cli.conftest import call
from twitter_pipeline_tests.conftest import MakeSettings

DAY = HOUR.date()


def cells(html: str, first: str) -> list[str]:
    """The row of a table that begins so."""
    (row,) = re.findall(rf"<tr><td>{re.escape(first)}</td>(.*?)</tr>", html, re.DOTALL)
    return re.findall(r"<td>(.*?)</td>", row)


def test_its_tables_say_what_happened_and_what_it_cost(prepared: sa.Engine, settings: MakeSettings) -> None:
    a_day_at_work(prepared)
    with writing(prepared) as connection:
        read = {"account_id": 1, "day": DAY, "readings": 2, "posts": 70}
        connection.execute(sa.insert(timeline_readings).values(read))
    declared = settings(name="All cats")
    html = report.render(prepared, declared, declared.projects, DAY, DAY)
    expected = ["3", "2", "2", "0", "0", "4.0 min", "64.0 min", "1", "0.215"]
    assert cells(html, "All cats") == expected
    assert cells(html, f"{DAY}") == expected
    assert cells(html, "Fri 12") == ["1", "2", "33 %"]
    assert "listed 70 posts" in html
    assert "$0.070 more" in html
    with reading(prepared) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(analytics_hourly)) == 0, "it only reads"


def test_a_day_of_25_hours_is_called_so(prepared: sa.Engine, settings: MakeSettings) -> None:
    declared = settings(time_zone="Europe/Berlin")
    html = report.render(prepared, declared, declared.projects, date(2026, 10, 24), date(2026, 10, 26))
    assert re.findall(r"<td>(2026[^<]*)</td>", html) == ["2026-10-24", "2026-10-25 (25 hours)", "2026-10-26"]


def test_it_loads_nothing_and_a_name_is_no_markup(prepared: sa.Engine, settings: MakeSettings) -> None:
    declared = settings(name="<script>alert(1)</script> & 猫")
    html = report.render(prepared, declared, declared.projects, DAY, DAY)
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; 猫" in html
    assert {source[:15] for source in re.findall(r'(?:src|href)="([^"]*)"', html)} == {"data:image/png;"}


def test_its_charts_are_pictures(prepared: sa.Engine, settings: MakeSettings) -> None:
    from PIL import Image

    a_day_at_work(prepared)
    declared = settings()
    html = report.render(prepared, declared, declared.projects, DAY - timedelta(days=29), DAY)
    pictures = re.findall(r'src="data:image/png;base64,([^"]*)"', html)
    assert len(pictures) == 2
    for encoded in pictures:
        with Image.open(io.BytesIO(base64.b64decode(encoded))) as picture:
            assert picture.size[0] == 720


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_chart_of_three_years_is_small_enough(prepared: sa.Engine, settings: MakeSettings) -> None:
    with reading(prepared) as connection:
        table = daily.count(
            connection, settings().projects, DAY - timedelta(days=report.MOST_DAYS), DAY, prices=XPrices()
        )
    numbers = range(len(table))
    table["tasks_completed"] = [number * 7919 % 50 for number in numbers]
    table["tasks_failed"] = [number * 7907 % 13 for number in numbers]
    table["cost"] = [number * 7901 % 17 / 10 for number in numbers]
    assert len(charts.data_uri(charts.days(table))) < charts.MOST_URI_BYTES


def test_the_map_of_a_project_that_posts_all_day_is_small_enough() -> None:
    import pandas as pd

    hours = [(weekday, hour) for weekday in range(7) for hour in range(24)]
    table = pd.DataFrame(hours, columns=["weekday", "hour"])
    table["posts"] = [1000 + number * 7919 % 9000 for number in range(len(table))]
    assert len(charts.data_uri(charts.best_hours(table))) < charts.MOST_URI_BYTES


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, "–"), (0.04, "0.0 s"), (119, "119.0 s"), (120, "2.0 min"), (200_000, "2.3 d")]
)
def test_a_length_of_time_is_said_in_two_digits(seconds: float | None, words: str) -> None:
    assert report.length_of_time(seconds) == words


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_command_writes_the_file_and_says_which_days(
    prepared: sa.Engine, settings: MakeSettings, tmp_path: Path
) -> None:
    a_day_at_work(prepared)
    config = ("--config", str(settings().path))
    file = tmp_path / "november.html"
    file.write_text("an older one")
    called = call("report", "--from", "2026-11-01", "--to", "2026-11-24", "--output", str(file), *config)
    assert (called.code, called.out.strip()) == (0, f"{file}: 2026-11-01 to 2026-11-24")
    assert cells(file.read_text(encoding="utf-8"), "cats")[:2] == ["3", "2"]
    assert not list(tmp_path.glob(".*.html*"))
    for arguments, said in (
        (("--from", "yesterday"), "'yesterday' is no day"),
        (("--from", "2026-11-24", "--to", "2026-11-01"), "are -22 days"),
        (("--project", "cast"), "did you mean 'cats'"),
    ):
        called = call("report", *arguments, "--output", str(file), *config)
        assert called.code == 2
        assert said in called.err
    called = call("report", "--output", str(tmp_path / "no" / "folder.html"), *config)
    assert called.code == 1
    assert "cannot be written: No such file" in called.err
