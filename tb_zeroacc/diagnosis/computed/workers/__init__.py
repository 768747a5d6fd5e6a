"""What the workers of a job have on record, side by side."""
