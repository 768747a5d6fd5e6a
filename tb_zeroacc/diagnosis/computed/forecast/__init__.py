"""What is still to come of a training that goes on."""
