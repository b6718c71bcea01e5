"""Publishing: what is due, who may post, the one place that posts, and what follows from each outcome."""
