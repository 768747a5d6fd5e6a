"""TensorBoard's side: what it loads, what it is answered."""
