"""The REST API: a process of its own, `python -m twitter_pipeline.api`. Posting goes on without it."""
