"""The contract of a model as facts: layers, losses, metrics, optimizers, traced shapes."""
