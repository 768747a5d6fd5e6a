"""Files for Prometheus and Grafana that come with the package."""

from __future__ import annotations

from pathlib import Path

ALERTS = Path(__file__).parent / "files" / "alerts.yml"
DASHBOARD = Path(__file__).parent / "files" / "dashboard.json"
