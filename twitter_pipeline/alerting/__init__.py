"""What needs a person: found in the tables, kept as alerts, sent as messages."""
