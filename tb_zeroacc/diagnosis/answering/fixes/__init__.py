"""Code of fixes: for this program, ready to copy."""
