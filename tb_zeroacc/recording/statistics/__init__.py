"""Statistics in NumPy, each with the twin that a framework may need for tensors of its own."""
