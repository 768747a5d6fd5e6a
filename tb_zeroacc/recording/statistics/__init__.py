"""Statistics of tensors: what a backend must compute, NumPy's, and what all of them share."""
