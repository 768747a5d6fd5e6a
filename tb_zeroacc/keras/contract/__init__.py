"""What was compiled, as facts: layers, losses, metrics, optimizers, traced shapes."""
