"""Takes docs/images of the tab in a real TensorBoard: `make screenshots`.

Trains the demo's cases for it, unless a log directory is given: `--logdir DIR`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import FRAME, WINDOW, find_chromium, start_tensorboard, until_read

IMAGES = Path(__file__).parents[2] / "docs" / "images"
CASES = (
    "learning_rate_too_high_digits", "deep_sigmoid", "dead_relu", "nan_input", "imbalance",
    "softmax_on_one_unit", "regression_stopped_early",
)  # fmt: skip
# image: (training, dark)
SHOTS = {
    "tab.png": ("learning_rate_too_high_digits", False),
    "tab-dark.png": ("learning_rate_too_high_digits", True),
    "layers.png": ("deep_sigmoid", False),
    "layers-dark.png": ("deep_sigmoid", True),
    "healthy.png": ("learning_rate_too_high_digits_mended", False),
}


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logdir", help="trainings of the demo; trained anew by default")
    parser.add_argument("--out", type=Path, default=IMAGES)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        logdir = options.logdir or str(Path(directory) / "logs")
        if not options.logdir:
            demo = [sys.executable, "-m", "demo", "--out", logdir, "--only", *CASES]
            subprocess.run(demo, check=False)  # its exit code judges the verdicts, not the logs
        process, address = start_tensorboard((f"--logdir={logdir}",), Path(directory) / "output")
        try:
            until_read(address)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=find_chromium())
                for name, (training, dark) in SHOTS.items():
                    shoot(browser, f"{address}/", training, dark, options.out / name)
        finally:
            process.terminate()
            process.wait(20)


def shoot(browser: Browser, address: str, training: str, dark: bool, path: Path) -> None:
    """One picture of one training's page."""
    page = browser.new_page(viewport=WINDOW)
    place = f"#zero_accuracy&p.zero_accuracy.run={quote(training, safe='')}"
    page.goto(f"{address}?darkMode={str(dark).lower()}{place}")
    tab = page.frame_locator(FRAME)
    tab.locator(".Facts-name").filter(has_text=training).wait_for()
    tab.locator(".Picture > :not(.Placeholder)").first.wait_for()
    page.wait_for_timeout(600)  # the typeface comes last
    page.screenshot(path=path)
    page.close()
    print(path)


if __name__ == "__main__":
    main()
