"""One wire: the frontend's types and the page of docs are those that Python defines."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import get_args

import pytest

from tb_zeroacc import wire
from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.picturing.layers import LAYER_KINDS
from tb_zeroacc.wire.evidence import LayerKind

ROOT = Path(__file__).parents[1]
WRITTEN = (ROOT / "frontend/src/model/wire.ts").read_text(encoding="utf-8")
PAGE = (ROOT / "docs/http_api.md").read_text(encoding="utf-8")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
BLOCK = re.compile(r"```ts\n(.*?)```", re.DOTALL)
INTERFACE = re.compile(r"interface (\w+) \{(.*?)\}", re.DOTALL)


def interfaces(text: str) -> dict[str, str]:
    """The fields of every interface, without comments and line breaks."""
    bare = COMMENT.sub("", text)
    return {name: " ".join(fields.split()) for name, fields in INTERFACE.findall(bare)}


def test_the_frontends_types_are_not_stale() -> None:
    spec = importlib.util.spec_from_file_location("wire_types", ROOT / "tools" / "wire_types.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.text() == WRITTEN, "run `make wire`"


@pytest.mark.parametrize("name", interfaces(WRITTEN))
def test_the_page_of_docs_has_the_same_types(name: str) -> None:
    told = interfaces("\n".join(BLOCK.findall(PAGE)))
    assert told.get(name) == interfaces(WRITTEN)[name]


def test_every_word_on_the_wire_has_its_type() -> None:
    assert set(get_args(wire.Outcome)) == {outcome.value for outcome in Outcome}
    assert set(get_args(wire.Tier)) == {tier.label for tier in Tier}
    assert set(get_args(LayerKind)) == set(LAYER_KINDS)
