"""A publishing pipeline for X (Twitter) on Dagster: media in a folder goes out as posts, each exactly once."""
