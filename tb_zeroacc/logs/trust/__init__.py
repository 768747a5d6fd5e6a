"""What of a log can be believed: wall times, lengths, and that a file is the one read before."""
