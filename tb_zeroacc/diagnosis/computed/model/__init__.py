"""The model's inside: layers, kernels, outputs and what they were trained on."""
