"""The Dagster layer: thin. Each decorated function calls one plain function of a stage.

No `from __future__ import annotations` here: it breaks ops and assets that take `context`.
"""
