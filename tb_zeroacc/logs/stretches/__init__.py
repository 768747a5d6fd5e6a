"""Stretches of rising steps: those of a tag, of a file, and the earlier ones of a training."""
