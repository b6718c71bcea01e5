"""Metadata files and the media they belong to.

Each kind of sidecar is a module with a class that knows one folder's files of that kind and finds what they say about a
medium; `finder` lists them in the order in which they are asked.
"""

from twitter_pipeline.scanning.sidecars.finder import Finder, finder_for
from twitter_pipeline.scanning.sidecars.found import Problem, Sidecar

__all__ = ["Finder", "Problem", "Sidecar", "finder_for"]
