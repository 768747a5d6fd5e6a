"""Whether it learns, and over a run long enough."""
