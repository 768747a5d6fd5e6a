"""What was read of large directories, kept for the next time that somebody looks."""
