"""Charts as small PNG pictures: digits and English words only, since the font has no other scripts."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

from twitter_pipeline.analytics.best_hours import WEEKDAYS
from twitter_pipeline.analytics.figures import as_rows

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: What a chart may weigh as a data URI: it is part of an event of Dagster's.
MOST_URI_BYTES = 50_000

#: More are drawn as weeks.
MOST_DAYS = 120

_KINDS = {
    "tasks_completed": ("posted", "#2a9d5c"),
    "tasks_failed": ("failed", "#d1495b"),
    "tasks_skipped": ("skipped", "#b8b8b8"),
}


def hours(table: pd.DataFrame) -> bytes:
    """Posted, failed and skipped by hour (UTC), all projects together; `table` as `figures.count` has it by hour."""
    return _bars(table.groupby("hour")[list(_KINDS)].sum(), 1 / 24, "hours are UTC's")


def days(table: pd.DataFrame) -> bytes:
    """The same by day, or where there are many by week, with the cost of each; `table` as `daily.count` has it."""
    import pandas as pd

    by_day = table.groupby("day")[[*_KINDS, "cost"]].sum()
    by_day.index = pd.to_datetime(by_day.index)
    if len(by_day) > MOST_DAYS:
        return _bars(by_day.resample("W-MON", closed="left", label="left").sum(), 7.0, "weeks of the project's days")
    return _bars(by_day, 1.0, "days are the project's")


def _bars(table: pd.DataFrame, width: float, label: str) -> bytes:
    from matplotlib.ticker import MaxNLocator

    figure, axes = _figure(3.0)
    bottom = table[next(iter(_KINDS))] * 0
    for name, (words, colour) in _KINDS.items():
        axes.bar(table.index, table[name], width * 0.9, bottom, label=words, color=colour, align="edge")
        bottom = bottom + table[name]
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axes.set_ylim(0, max(1.0, float(bottom.max()) * 1.05))
    axes.set_xlabel(label, fontsize=8, color="#666666")
    handles, names = axes.get_legend_handles_labels()
    if "cost" in table:
        dollars: Any = axes.twinx()
        dollars.plot(table.index + (table.index[1] - table.index[0]) / 2 if len(table) > 1 else table.index,
                     table["cost"], ".-", color="#3366aa", linewidth=1, markersize=3, label="cost, $")  # fmt: skip
        dollars.set_ylim(0, max(0.01, float(table["cost"].max()) * 1.05))
        dollars.spines["top"].set_visible(False)
        dollars.tick_params(labelsize=8)
        handles, names = [*handles, dollars.lines[0]], [*names, "cost, $"]
    axes.legend(handles, names, loc="lower left", bbox_to_anchor=(0, 1), fontsize=8, ncols=len(names), frameon=False)
    _dates(axes)
    return _png(figure)


def best_hours(table: pd.DataFrame) -> bytes:
    """Posts by weekday and hour as a map of 7 by 24; `table` as `best_hours.shape` has it."""
    import numpy as np

    figure, axes = _figure(2.6)
    grid = np.zeros((7, 24))
    for row in as_rows(table):
        grid[row["weekday"], row["hour"]] = row["posts"]
    axes.imshow(grid, cmap="Greens", aspect="auto", vmin=0, vmax=max(1.0, grid.max()))
    for weekday, hour in zip(*np.nonzero(grid), strict=True):
        number = grid[weekday, hour]
        axes.text(
            hour, weekday, f"{number:.0f}", ha="center", va="center", fontsize=7,
            color="white" if number > grid.max() * 0.6 else "black",
        )  # fmt: skip
    axes.set_xticks(range(24))
    axes.set_yticks(range(7), WEEKDAYS)
    axes.tick_params(length=0)
    axes.set_xlabel("hours and weekdays are the project's; number of posts", fontsize=8, color="#666666")
    return _png(figure)


def data_uri(png: bytes) -> str:
    """The picture as an address of its own. Raises ValueError where it is too large for that."""
    uri = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    if len(uri) > MOST_URI_BYTES:
        raise ValueError(f"the chart is {len(uri):,} bytes, {MOST_URI_BYTES:,} is the most")
    return uri


def _figure(height: float) -> tuple[Figure, Axes]:
    # Not pyplot: that keeps figures, and looks for a screen.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, height), dpi=80, layout="constrained")
    axes = figure.add_subplot()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=8)
    return figure, axes


def _dates(axes: Axes) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator()  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    # Its offset is the last tick's, which is the day, or the month, after what is shown.
    formatter = ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(formatter)


def _png(figure: Figure) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
    drawn = Image.frombuffer("RGBA", canvas.get_width_height(), pixels).convert("RGB")
    out = io.BytesIO()
    # A chart has few colours, and the edges of letters make do with less: a third of the size.
    drawn.quantize(48, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()
