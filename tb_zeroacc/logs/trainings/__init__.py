"""Files in their trainings."""
