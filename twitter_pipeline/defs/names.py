"""What Dagster calls that which is a project's. Without dagster: whoever only launches a run does not load it."""

#: The tag of a run that a person asked for: its task's fence as they saw it.
SEEN_FENCE = "seen_fence"


def job_of(project_id: str) -> str:
    """The job that posts a project's items: what sensor, API and command line launch."""
    return f"publish_{project_id}"


def partitions_of(project_id: str) -> str:
    """The set of partitions that are a project's items."""
    return f"{project_id}_items"
