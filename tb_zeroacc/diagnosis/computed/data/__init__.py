"""What inputs and labels were: their columns, classes, relation, and the pipeline before them."""
