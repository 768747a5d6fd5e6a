"""The verdicts on thousands of trainings at once, by an Apache Beam pipeline."""
