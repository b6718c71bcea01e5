"""Settings of hypothesis for these tests."""

from hypothesis import settings

# How long one example takes says how busy the machine is; costs are judged by counting operations instead.
settings.register_profile("content", deadline=None)
settings.load_profile("content")
