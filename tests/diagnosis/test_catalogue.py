"""The catalogue holds together: codes, names, references, pages."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

import tb_zeroacc
from tb_zeroacc.diagnosis import catalogue, rules
from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE, RULES, rule_of
from tb_zeroacc.diagnosis.rule import HEADINGS, Family, Rule
from tests.diagnosis.rules.asking import fixed

# Every code that is or is to be: those not yet written may already be named as consequences.
PLANNED = {
    0: range(1, 7),
    1: range(1, 15),
    2: range(1, 13),
    3: range(1, 16),
    4: range(1, 7),
    5: range(1, 11),
    6: range(1, 14),
    7: range(1, 11),
    8: range(1, 6),
}
KNOWN = {f"ZA{family}{n:02d}" for family, numbers in PLANNED.items() for n in numbers}
FIXED_IN_WORDS = {"ZA710"}  # where the log does not tell whose agent it is
CURES = ("use-", "avoid-", "check-", "add-", "set-", "try-", "fix-", "increase-", "decrease-")

every_rule = pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.code)


def test_two_rules_never_share_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = CATALOGUE[0]
    twins = [a_module(twin.module_name, twin) for twin in (rule, replace(rule, name="a-twin"))]
    monkeypatch.setattr(catalogue, "modules_of", lambda package: twins)
    with pytest.raises(ValueError, match=f"two rules share the code {rule.code}"):
        catalogue.collect(rules)


def test_names_are_unique() -> None:
    assert len({rule.name for rule in CATALOGUE}) == len(CATALOGUE)


def test_families_stand_in_the_order_in_which_an_expert_looks() -> None:
    """The order of suspicion decides which of two equal causes heads the verdict."""
    assert [family.name for family in Family] == [
        "LOG", "INPUTS", "LABELS", "OUTPUT_AND_LOSS", "METRIC", "NUMBERS", "ARCHITECTURE",
        "OPTIMISATION", "PROGRESS",
    ]  # fmt: skip


def test_the_catalogue_stands_in_order_of_suspicion() -> None:
    """The family decides, and within it the code, whatever order the files come in."""
    assert catalogue.in_order_of_suspicion(reversed(CATALOGUE)) == CATALOGUE


@every_rule
def test_every_rule_has_its_table_test(rule: Rule) -> None:
    assert (Path(__file__).parent / "rules" / f"test_{rule.module_name}.py").is_file()


def test_rules_are_collected_from_a_zip_archive(tmp_path: Path) -> None:
    """A wheel is one, and may be imported as it is."""
    package = Path(tb_zeroacc.__file__).parent
    archive = tmp_path / "package.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in package.rglob("*.py"):
            file.write(path, path.relative_to(package.parent))
    program = (
        f"import sys; sys.path.insert(0, {str(archive)!r})\n"
        "from tb_zeroacc.diagnosis import catalogue\n"
        f"assert catalogue.__file__.startswith({str(archive)!r}), catalogue.__file__\n"
        "print(*(rule.code for rule in catalogue.CATALOGUE))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert told.stdout.split() == [rule.code for rule in CATALOGUE]


def a_module(name: str, *found: Rule) -> ModuleType:
    module = ModuleType(f"rules.{name}")
    vars(module).update({f"rule_{place}": each for place, each in enumerate(found)})
    return module


def test_a_module_holds_the_one_rule_that_it_is_named_after() -> None:
    rule, other = CATALOGUE[:2]
    assert rule_of(a_module(rule.module_name, rule)) is rule
    for module in (a_module(rule.module_name), a_module(rule.module_name, rule, other)):
        with pytest.raises(ValueError, match="should hold one"):
            rule_of(module)
    with pytest.raises(ValueError, match=f"should be called {rule.module_name}"):
        rule_of(a_module("metrics", rule))


@every_rule
def test_code_is_in_its_family(rule: Rule) -> None:
    assert rule.code in KNOWN, "beyond the codes of its family: extend PLANNED above"


@every_rule
def test_name_is_the_fault_and_not_the_cure(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert not rule.name.startswith(CURES)


@every_rule
def test_what_holds_without_the_fault_is_a_positive_sentence(rule: Rule) -> None:
    """A check that passed is a line of its own: `Inputs vary`."""
    assert re.fullmatch(r"[A-Z][^.:`]{5,60}[a-z0]", rule.healthy), rule.healthy
    assert not re.search(r"\b(pass(ed|es)?|not?|none|never|nothing|fails?)\b", rule.healthy, re.I)
    assert [other.healthy for other in CATALOGUE].count(rule.healthy) == 1


@every_rule
def test_references_are_known(rule: Rule) -> None:
    assert set(rule.explains) <= KNOWN
    assert {named for named in rule.yields_to if isinstance(named, str)} <= KNOWN
    assert rule.code not in {*rule.explains, *rule.yields_to}
    assert len(set(rule.yields_to)) == len(rule.yields_to)
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
    for other in rule.steps_back_behind(CATALOGUE):
        assert rule not in other.steps_back_behind(CATALOGUE)


@every_rule
def test_page_has_its_headings_in_order(rule: Rule) -> None:
    assert tuple(re.findall(r"## (.*)", rule.page)) == HEADINGS


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
def test_code_of_the_page_is_python(rule: Rule) -> None:
    blocks = re.findall(r"```(.*?)\n(.*?)```", inspect.cleandoc(rule.page), flags=re.DOTALL)
    assert {language.split()[0] for language, _ in blocks} == {"python"}
    for _, code in blocks:
        ast.parse(code)


@every_rule
def test_fix_is_a_sentence_and_code(rule: Rule) -> None:
    assert rule.fix.text.endswith(".")
    if rule.fix.language != "sh":
        assert bool(fixed(rule.fix).body) is (rule.code not in FIXED_IN_WORDS)


@every_rule
def test_needs_say_how_to_log_what_is_missing(rule: Rule) -> None:
    assert rule.needs
    for group in rule.needs:
        assert all(need.missing.what and need.missing.how_to_log for need in group)


def test_definite_is_for_contracts_and_facts_on_record() -> None:
    """A reminder: whoever makes another family's rule definite changes this on purpose."""
    definite = {rule.code for rule in CATALOGUE if rule.tier is Tier.DEFINITE}
    known = {"ZA501", "ZA510", "ZA601", "ZA607", "ZA708"}
    assert {code for code in definite if code >= "ZA500"} <= known
