"""Which of several processes this one is, and where it may write."""
