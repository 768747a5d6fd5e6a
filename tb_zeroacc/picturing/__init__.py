"""The pictures of findings as JSON: what a motif becomes with the data of a run."""
