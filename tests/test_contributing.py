"""The rule that CONTRIBUTING.md adds works as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tb_zeroacc.diagnosis.catalogue import RULES

ROOT = Path(__file__).parents[1]
PAPER = ROOT / "CONTRIBUTING.md"
BLOCK = re.compile(r"(?ms)^   ```python\n(   # (?P<path>\S+\.py)\n.*?)^   ```$")
# A folder more for the package of the rules stands for a file more in its own.
WITH_THE_RULE = """
import sys
from tb_zeroacc.diagnosis import rules
rules.__path__.append({rules!r})
{program}
"""
TESTS = "import pytest; sys.exit(pytest.main([{test!r}, '-q', '--rootdir', {root!r}]))"
PAGES = """
import runpy
sys.argv = ["rule_pages.py", {docs!r}]
runpy.run_path({tool!r}, run_name="__main__")
"""


@pytest.fixture(name="files")
def _files(tmp_path: Path) -> dict[str, Path]:
    """The files of the example by the folder that they belong to."""
    found = {}
    for block in BLOCK.finditer(PAPER.read_text(encoding="utf-8")):
        place = Path(block["path"])
        assert not (ROOT / place).exists(), f"{place} is no example any more: take another rule"
        path = tmp_path / place
        path.parent.mkdir(parents=True)
        path.write_text(textwrap.dedent(block[1]), encoding="utf-8")
        found[str(place.parent)] = path
    return found


def with_the_rule(files: dict[str, Path], program: str) -> str:
    rules = str(files["tb_zeroacc/diagnosis/rules"].parent)
    result = subprocess.run(
        [sys.executable, "-c", WITH_THE_RULE.format(rules=rules, program=program)],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_the_rule_answers_its_own_table(files: dict[str, Path]) -> None:
    test = str(files["tests/diagnosis/rules"])
    told = with_the_rule(files, TESTS.format(test=test, root=str(ROOT)))
    assert "8 passed" in told


def test_the_catalogue_takes_it_up_and_its_page_is_written(
    files: dict[str, Path], tmp_path: Path
) -> None:
    tool = str(ROOT / "tools" / "rule_pages.py")
    with_the_rule(files, PAGES.format(docs=str(tmp_path / "docs"), tool=tool))
    pages = {path.name for path in (tmp_path / "docs").glob("*.md")}
    assert pages == {"README.md", "ZA199.md", *(f"{code}.md" for code in RULES)}
    assert "Most of the values of the inputs are zero." in (tmp_path / "docs/ZA199.md").read_text()


def test_the_example_is_written_as_all_code_is(files: dict[str, Path]) -> None:
    ruff = Path(sys.executable).with_name("ruff")
    if not ruff.exists():
        pytest.skip("ruff is not installed")
    settings = str(ROOT / "pyproject.toml")
    for folder, path in files.items():
        named = ROOT / folder / path.name  # so that the settings of its folder hold
        result = subprocess.run(
            [ruff, "check", "--config", settings, "--stdin-filename", named, "-"],
            input=path.read_text(encoding="utf-8"), capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert result.returncode == 0, result.stdout
