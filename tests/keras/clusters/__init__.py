"""Processes that train together, for real: each has a time limit and is killed when it is over."""
