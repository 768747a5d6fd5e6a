"""Verdicts as metrics for Prometheus and whatever else reads OpenMetrics."""
