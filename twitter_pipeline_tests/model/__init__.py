"""The protocol of posting once, as a small model that is searched through, and the real table under random moves."""
