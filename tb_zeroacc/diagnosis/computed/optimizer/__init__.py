"""What trains the model: its optimizers, their learning rates, and how updates compare."""
