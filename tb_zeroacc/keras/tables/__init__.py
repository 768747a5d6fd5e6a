"""What is computed of a sample, from a traced step to its tables."""
