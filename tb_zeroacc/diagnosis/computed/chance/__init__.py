"""What guessing would score, and whether a training is better."""
