"""How many texts a second are weighed and composed: `python -m benchmarks.text`.

With node and npm's twitter-text (`npm install twitter-text`, anywhere; NODE_MODULES names its node_modules) that
weighs the same texts beside it. All by processor time. Then 100,000 texts are fitted, no two the same:
`python -m benchmarks.text 5000` for fewer.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from twitter_pipeline.content import Metadata, compose
from twitter_pipeline.content.weight import weighted_length

ENGLISH = Metadata(
    title="Paper airplane: relive childhood dreams #Childhood #PaperAirplane",
    description="A paper airplane carries our memories and endless hope for the future. Let's fly together! " * 2,
    hashtags=("#Childhood", "#PaperAirplane", "#DreamBig", "#SimpleJoys", "#Nostalgia"),
)
CHINESE = Metadata(
    title="城市尽头 👨‍👩‍👧 #城市", description="当繁华褪去，只剩下荒凉。" * 20, hashtags=("#城市", "#孤独")
)
MIXED = Metadata(
    title="Paper airplane ✈️ 童年的纸飞机 – Бумажный самолётик",
    description="मेरा बचपन 👨‍👩‍👧 see https://example.com/a?b=c or example.org. 紙飛行機が空を飛ぶ。 Words, слова. "
    "Relive childhood dreams with one sheet of paper 🙋🏽 العربية and #PaperAirplane; it's simple…",
)
WITH_URLS = Metadata(
    title="See https://example.com/a/b?c=d", description="or example.org, it.so and me@example.com. " * 8
)


def per_second(call: Callable[[], object], seconds: float = 0.5) -> float:
    """Calls a second of processor time, measured for `seconds` of it after a first one that compiles."""
    call()
    calls, start = 0, time.process_time()
    while (spent := time.process_time() - start) < seconds:
        call()
        calls += 1
    return calls / spent


_NPM = """
const { parseTweet } = require(process.argv[1] + "/twitter-text"), text = JSON.parse(process.argv[2])
const call = () => parseTweet(text)
call()
let calls = 0
const spent = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000 }
const start = spent()
while (spent() - start < 500) { call(); calls++ }
console.log((calls * 1000) / (spent() - start))
"""


def npm_per_second(text: str) -> float | None:
    """What npm's twitter-text weighs a second; None where it is not at hand."""
    folder = os.environ.get("NODE_MODULES", "")
    node = shutil.which("node")
    if node is None or not folder:
        return None
    ended = subprocess.run([node, "-e", _NPM, folder, json.dumps(text)], capture_output=True, text=True, check=True)
    return float(ended.stdout)


def main() -> None:
    print(f"{'text':<12}{'characters':>12}{'weighed/s':>12}{'npm':>12}{'composed/s':>12}")
    for name, metadata in (("English", ENGLISH), ("Chinese", CHINESE), ("mixed", MIXED), ("with URLs", WITH_URLS)):
        text = f"{metadata.title}\n\n{metadata.description}"
        # More than `urls` remembers: each is weighed as if it were new.
        others = itertools.cycle([f"{number} {text}" for number in range(1000)])
        weighed = per_second(lambda others=others: weighted_length(next(others)))
        npm = npm_per_second(text)
        beside = "not here" if npm is None else f"{npm:,.0f}"
        titles = itertools.cycle([f"{number} {metadata.title}" for number in range(1000)])
        composed = per_second(
            lambda metadata=metadata, titles=titles: compose(
                replace(metadata, title=next(titles)), template=None, hashtags=()
            )
        )
        print(f"{name:<12}{len(text):>12,}{weighed:>12,.0f}{beside:>12}{composed:>12,.0f}")
    many(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)


def many(count: int) -> None:
    """Fit `count` texts, each too long, and weigh the same."""
    kinds = (ENGLISH, CHINESE, MIXED, WITH_URLS)
    texts = [replace(kinds[n % 4], title=f"{n} {kinds[n % 4].title}") for n in range(count)]
    start = time.process_time()
    gave_way = sum(compose(metadata, template=None, hashtags=()).was_cut for metadata in texts)
    fitted = time.process_time()
    for metadata in texts:
        weighted_length(f"{metadata.title}\n\n{metadata.description}")
    weighed = time.process_time()
    print(f"{count:,} texts fitted, {gave_way:,} of them too long: {count / (fitted - start):,.0f}/s", end="; ")
    print(f"weighed alone {count / (weighed - fitted):,.0f}/s")


if __name__ == "__main__":
    main()
