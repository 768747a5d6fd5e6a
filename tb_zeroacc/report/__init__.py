"""The verdict outside of TensorBoard: as text, for services that run tests, and in notebooks."""
