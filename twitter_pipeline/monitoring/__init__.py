"""How the pipeline itself does: measured every minute, kept, held against thresholds, eased."""
