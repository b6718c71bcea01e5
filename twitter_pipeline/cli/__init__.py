"""The commands of `twitter-pipeline`. Modules import what is heavy inside functions: `--help` answers at once."""
