"""Whether it learns: against what a constant prediction scores, and over a run long enough."""
