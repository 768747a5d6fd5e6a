"""Every format of a report for programs, by the name that the command takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType

from tb_zeroacc.encoding import runs_json
from tb_zeroacc.report.github import github
from tb_zeroacc.report.judged import Judged
from tb_zeroacc.report.junit import junit
from tb_zeroacc.report.markdown import markdown


def _json(judged: Judged) -> str:
    return json.dumps(runs_json(judged.readings), indent=2, allow_nan=False) + "\n"


FORMATS: Mapping[str, Callable[[Judged], str]] = MappingProxyType({
    "json": _json,
    "github": github,
    "junit": junit,
    "markdown": markdown,
})
