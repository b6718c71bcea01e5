"""A local stand-in for X: a real HTTP server that judges what the pipeline sends.

Nothing here imports the rest of the package, so that the client and its judge cannot share a
misunderstanding: OAuth 1.0a, weighted length and media checks are written a second time, from X's documentation.

Start it with ``python -m twitter_pipeline.sandbox`` or :func:`twitter_pipeline.sandbox.server.serve`.
docs/sandbox.md lists the calls and where it is kinder or stricter than X.
"""
