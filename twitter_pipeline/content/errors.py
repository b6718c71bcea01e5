"""What can go wrong in making a post's text."""

from __future__ import annotations


class TemplateError(ValueError):
    """A template cannot be used. The message names its line and, when one is unknown, the variable."""
