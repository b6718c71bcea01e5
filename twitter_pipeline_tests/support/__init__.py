"""Real parts for tests: servers and processes, each a context manager."""
