"""Keras' own record of a model, which its TensorBoard callback writes when `fit` begins."""
