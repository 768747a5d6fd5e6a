"""The page on the logs that are understood says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tb_zeroacc.logs.contents import MAX_TAGS
from tb_zeroacc.logs.curves import PERCENT_FROM, PERCENT_TO
from tb_zeroacc.logs.grouping import parts_of
from tb_zeroacc.logs.roles.meaning import meaning_of
from tb_zeroacc.logs.text_logs import csv_following, hparams_yaml
from tb_zeroacc.run import Split

PAGE = Path(__file__).parents[2] / "docs" / "logs.md"


def table(head: str) -> list[list[str]]:
    """The rows of the one table whose first line holds these columns."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = []
    for line in lines[lines.index(head) + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
    return rows


TAGS = table("| writer | tag | role | data |")
DIRECTORIES = table("| directory | training | data |")


@pytest.mark.parametrize(("tag", "role", "data"), [row[1:] for row in TAGS])
def test_a_tag_has_the_role_of_the_page(tag: str, role: str, data: str) -> None:
    found = meaning_of(tag)
    assert found.role.value.replace("_", " ") == role
    assert ("" if found.split is None else found.split.value) == data


def test_directories_belong_where_the_page_says() -> None:
    found = parts_of([member for member, _, _ in DIRECTORIES], "logs", {})
    assert found.keys() == {member for member, _, _ in DIRECTORIES}
    for member, training, data in DIRECTORIES:
        part = found[member]
        assert (part.training, part.split) == (training, Split(data) if data else None), member


def test_the_page_names_every_limit_as_it_is() -> None:
    text = re.sub(r"\s+", " ", PAGE.read_text(encoding="utf-8"))
    assert f"first {csv_following.MAX_SIZE >> 20} MiB" in text
    assert f"more than {hparams_yaml.MAX_SIZE >> 10} KiB" in text
    assert f"at most {MAX_TAGS:,} columns".replace(",", " ") in text
    assert f"above {PERCENT_FROM} is in percent" in text
    assert f"above {PERCENT_TO:.0f} is some other metric" in text
