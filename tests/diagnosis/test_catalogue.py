"""The catalogue holds together: codes, names, references, pages."""

from __future__ import annotations

import re

import pytest

from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE, FAMILIES, RULES
from tb_zeroacc.diagnosis.rule import HEADINGS, Rule

# Every code that is or is to be: those not yet written may already be named as consequences.
PLANNED = {
    0: range(1, 7),
    1: range(1, 12),
    2: range(1, 12),
    3: range(1, 16),
    4: range(1, 7),
    5: range(1, 11),
    6: range(1, 10),
    7: range(1, 11),
    8: range(1, 6),
}
KNOWN = {f"ZA{family}{n:02d}" for family, numbers in PLANNED.items() for n in numbers}
CURES = ("use-", "avoid-", "check-", "add-", "set-", "try-", "fix-", "increase-", "decrease-")

every_rule = pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.code)


def test_codes_are_unique() -> None:
    assert len({rule.code for rule in CATALOGUE}) == len(CATALOGUE) == len(RULES)


def test_names_are_unique() -> None:
    assert len({rule.name for rule in CATALOGUE}) == len(CATALOGUE)


def test_the_catalogue_stands_in_order_of_suspicion() -> None:
    """Families in the order in which an expert looks, codes rising within each."""
    codes = [rule.code for rule in CATALOGUE]
    assert codes == sorted(codes)
    assert len(FAMILIES) == len(set(FAMILIES))


@every_rule
def test_code_is_in_its_family(rule: Rule) -> None:
    assert rule.code in KNOWN


@every_rule
def test_name_is_the_fault_and_not_the_cure(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert not rule.name.startswith(CURES)


@every_rule
def test_references_are_known(rule: Rule) -> None:
    assert set(rule.explains) <= KNOWN
    assert set(rule.yields_to) <= KNOWN
    assert rule.code not in {*rule.explains, *rule.yields_to}
    assert len(set(rule.explains)) == len(rule.explains)


@every_rule
def test_nothing_explains_its_own_cause(rule: Rule) -> None:
    seen: set[str] = set()
    ahead = list(rule.explains)
    while ahead:
        code = ahead.pop()
        assert code != rule.code, f"{rule.code} explains itself by way of others"
        if code not in seen:
            seen.add(code)
            ahead.extend(RULES[code].explains if code in RULES else ())


@every_rule
def test_nothing_hides_what_it_yields_to(rule: Rule) -> None:
    for other in rule.yields_to:
        if other in RULES:
            assert rule.code not in RULES[other].yields_to


@every_rule
def test_page_has_its_headings_in_order(rule: Rule) -> None:
    at = [rule.page.find(f"## {heading}") for heading in HEADINGS]
    assert -1 not in at
    assert at == sorted(at)


@every_rule
def test_page_opens_with_the_cause_in_a_line(rule: Rule) -> None:
    assert rule.cause.endswith(".")
    assert len(rule.cause) <= 100


@every_rule
def test_page_says_something_under_each_heading(rule: Rule) -> None:
    parts = re.split(r"^\s*## .*$", rule.page, flags=re.MULTILINE)
    assert all(part.strip() for part in parts)


@every_rule
def test_page_tells_what_it_is_confused_with(rule: Rule) -> None:
    confused = rule.page.split("## Easily confused with")[1].split("## Sources")[0]
    named = set(re.findall(r"ZA\d{3}", confused))
    assert named
    assert named <= KNOWN


@every_rule
def test_page_names_a_source(rule: Rule) -> None:
    sources = rule.page.split("## Sources")[1].strip()
    assert len(sources) > 20


@every_rule
def test_page_shows_code_that_mends(rule: Rule) -> None:
    mend = rule.page.split("## How to mend it")[1].split("## Easily")[0]
    assert "```python" in mend or "`" in mend
    assert rule.mend.text.endswith(".")


@every_rule
def test_needs_say_how_to_log_what_is_missing(rule: Rule) -> None:
    assert rule.needs
    for group in rule.needs:
        assert all(need.missing.what and need.missing.how_to_log for need in group)


def test_definite_is_for_contracts_and_facts_on_record() -> None:
    """A reminder: whoever makes another family's rule definite changes this on purpose."""
    definite = {rule.code for rule in CATALOGUE if rule.tier is Tier.DEFINITE}
    assert {code for code in definite if code >= "ZA500"} <= {"ZA501", "ZA510", "ZA601", "ZA708"}
