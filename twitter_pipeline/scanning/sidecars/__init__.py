"""Metadata files and the media they belong to.

Each kind of sidecar is a module in `readers`, listed there in the order in which they are asked; `finder` asks them.
"""

from twitter_pipeline.scanning.sidecars.finder import Finder, finder_for
from twitter_pipeline.scanning.sidecars.found import Problem, Sidecar

__all__ = ["Finder", "Problem", "Sidecar", "finder_for"]
