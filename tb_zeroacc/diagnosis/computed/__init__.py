"""What several rules compute from a run: one idea a file."""
