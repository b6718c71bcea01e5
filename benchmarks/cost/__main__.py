"""What a post costs: `python -m benchmarks.cost`, or `make bench`. Prints the tables of docs/performance.md.

The same clips go out to one sandbox by this project, by the same definitions under Dagster's default executor, and by
a bare tweepy script started once a file. The sandbox is not part of the cost. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.cost.systems import Cost, Up, measure_bare
from benchmarks.cost.tree import ROOT, Tree, environment
from benchmarks.cost.where import seconds_a_run
from examples.make_media import draw_trial
from twitter_pipeline_tests.support.sandbox import SandboxServer

OURS = "twitter_pipeline.definitions"
DEFAULT_EXECUTOR = "benchmarks.cost.default_executor"
#: Posts of the run whose processes are sampled.
SAMPLED = 15


def main() -> None:
    """Run as a program."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cost", description=__doc__)
    parser.add_argument("--posts", type=int, default=40, help="posts a system (with the next at most 100: X's limit)")
    parser.add_argument("--one-by-one", type=int, default=5, help="files dropped one by one afterwards")
    parser.add_argument("--runs", type=int, default=2, help="runs at the same time (dagster.max_concurrent_runs)")
    parser.add_argument("--only-ours", action="store_true", help="leave the other systems out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        draw_trial(work / "clips", options.posts + options.one_by_one)
        clips = sorted((work / "clips").glob("*.mp4"))
        drops = clips[: options.posts], clips[options.posts :]
        with SandboxServer(work / "x", processing_seconds=0.5) as sandbox:
            bench = _Bench(work, sandbox, options.runs)
            ours = bench.up("this project", "ours", OURS, drops)
            costs = [ours]
            if not options.only_ours:
                costs.append(bench.up("the same, Dagster's default executor", "default", DEFAULT_EXECUTOR, drops))
                costs.append(measure_bare(work, drops[0], sandbox))
            where = bench.sample(clips[:SAMPLED])
        size = sum(clip.stat().st_size for clip in clips) / len(clips)
    print(f"\n{options.posts} clips of {size / 1000:.0f} kB, {options.runs} runs at a time\n")
    print_table(["", "CPU-s a post", "posts/min", "drop → post, median / longest", "peak memory", "load"], _rows(costs))
    print_table(["this project", "CPU-s a post"], _parts(ours))
    print_table(["memory at the peak", "processes", "MB"], _memory(ours))
    print_table(["of a run", "CPU-s"], _scaled(where, ours.cpu["runs"] / ours.posts))
    print("\n".join(_standing(ours)))


class _Bench:
    """What all measurements share."""

    def __init__(self, work: Path, sandbox: SandboxServer, runs: int) -> None:
        self._work = work
        self._sandbox = sandbox
        self._runs = runs

    def up(
        self,
        name: str,
        user: str,
        module: str,
        drops: tuple[Sequence[Path], Sequence[Path]],
        env: dict[str, str] | None = None,
    ) -> Cost:
        """Measure the pipeline with the definitions of `module`."""
        print(f"measuring {name} …", flush=True)
        system = Up(name, user, self._work, self._sandbox, module=module, runs=self._runs, env=env or {})
        cost = system.measure(*drops)
        print(f"  {cost.cpu_a_post:.2f} CPU-s a post, {cost.posts_a_minute:.0f} posts a minute", flush=True)
        return cost

    def sample(self, clips: Sequence[Path]) -> dict[str, float]:
        """Where the processor time of our runs goes: CPU-seconds a run."""
        samples = self._work / "samples"
        samples.mkdir()
        sampler = Path(__file__).with_name("sampled")
        env = {"PYTHONPATH": f"{sampler}:{ROOT}", "COST_SAMPLES": str(samples)}
        self.up("where it goes", "sampled", OURS, (clips, ()), env)
        return seconds_a_run(samples)


def _rows(costs: Iterable[Cost]) -> Iterator[list[str]]:
    for cost in costs:
        numbers = (f"{cost.cpu_a_post:.2f}", f"{cost.posts_a_minute:.0f}", cost.latency)
        yield [cost.name, *numbers, f"{cost.peak.total() / 1e6:.0f} MB", f"{cost.load:.1f}"]


def _parts(cost: Cost) -> Iterator[list[str]]:
    for part, spent in cost.cpu.most_common():
        if spent:
            yield [part, f"{spent / cost.posts:.2f}"]


def _memory(cost: Cost) -> Iterator[list[str]]:
    for part, held in cost.peak.most_common():
        yield [part, str(cost.processes[part]), f"{held / 1e6:.0f}"]


def _scaled(where: dict[str, float], seconds: float) -> Iterator[list[str]]:
    """The shares the samples show, of what a run costs when it is not sampled."""
    factor = seconds / sum(where.values())
    for what, share in where.items():
        yield [what, f"{share * factor:.3f}"]


def _standing(cost: Cost) -> Iterator[str]:
    if cost.start is not None:
        yield f"Starting everything: {cost.start[0]:.1f} CPU-s, {cost.start[1]:.1f} s."
    if cost.idle is not None:
        yield f"With nothing to do: {cost.idle * 100:.1f} % of a core."
    yield f"`import dagster` in a process of its own, measured at the end: {_import_dagster():.2f} CPU-s."


def _import_dagster() -> float:
    """The least of five: what the machine makes of work that does not change."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", "import dagster"]
        return min(Tree(command, Path(folder, "output"), environment({})).wait() for _ in range(5))


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """In Markdown."""
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


if __name__ == "__main__":
    main()
