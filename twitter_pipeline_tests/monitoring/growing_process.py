"""A service that grows when the file `grow` is there at its start; while `stubborn` is there, it hears no SIGTERM."""

from __future__ import annotations

import signal
from pathlib import Path


def main() -> None:
    if Path("stubborn").exists():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    grow = Path("grow")
    kept = bytearray(b"1") * (100_000_000 if grow.exists() else 1)
    grow.unlink(missing_ok=True)
    Path("started").touch()
    signal.pause()
    del kept


if __name__ == "__main__":
    main()
