"""How many texts a second are weighed and composed: `python -m benchmarks.text`."""

from __future__ import annotations

import time
from collections.abc import Callable

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
WITH_URLS = Metadata(
    title="See https://example.com/a/b?c=d", description="or example.org, it.so and me@example.com. " * 8
)


def per_second(call: Callable[[], object], seconds: float = 0.5) -> float:
    """Calls a second, measured for `seconds` after a first one that compiles."""
    call()
    calls, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        call()
        calls += 1
    return calls / spent


def main() -> None:
    print(f"{'text':<12}{'characters':>12}{'weighed/s':>12}{'composed/s':>12}")
    for name, metadata in (("English", ENGLISH), ("Chinese", CHINESE), ("with URLs", WITH_URLS)):
        text = f"{metadata.title}\n\n{metadata.description}"
        weighed = per_second(lambda text=text: weighted_length(text))
        composed = per_second(lambda metadata=metadata: compose(metadata, template=None, hashtags=()))
        print(f"{name:<12}{len(text):>12,}{weighed:>12,.0f}{composed:>12,.0f}")


if __name__ == "__main__":
    main()
