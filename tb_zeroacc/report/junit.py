"""Verdicts as JUnit XML, which most services that run tests can show.

A training is a test suite and a check is a test: failed where it is flagged at the tier that
counts, skipped where it could not be told or does not apply. Written after the schema of Jenkins'
xUnit plugin, https://github.com/jenkinsci/xunit-plugin (junit-10.xsd).
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, Passed
from tb_zeroacc.diagnosis.catalogue import RULES
from tb_zeroacc.diagnosis.diagnosis import Finding
from tb_zeroacc.report import sentences
from tb_zeroacc.report.judged import Judged, name_of
from tb_zeroacc.report.printable import printable
from tb_zeroacc.verdict import Reading

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(judged: Judged) -> str:
    """The verdicts as one XML document."""
    root = ElementTree.Element("testsuites", name="zeroacc")
    for reading in judged.readings:
        root.append(_suite(judged, reading))
    if judged.unread:
        root.append(_unread(judged))
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(judged: Judged, reading: Reading) -> ElementTree.Element:
    run, verdict = reading
    name = _xml(name_of(run))
    suite = ElementTree.Element("testsuite", name=name)
    causes = {finding.code: finding for finding in verdict.findings}
    for code, answer in verdict.checks.items():
        suite.append(_case(judged, name, code, answer, causes.get(code)))
    _count(suite)
    said = f"{verdict.headline} {verdict.context}".strip()
    ElementTree.SubElement(suite, "system-out").text = _xml(printable(said))
    return suite


def _case(
    judged: Judged, suite: str, code: str, answer: Answer, finding: Finding | None
) -> ElementTree.Element:
    rule = RULES.get(code)
    case = ElementTree.Element(
        "testcase", classname=suite, name=code if rule is None else f"{code} {rule.name}"
    )
    if finding is not None and judged.fails(finding):
        failure = ElementTree.SubElement(
            case, "failure", type=finding.tier.label, message=_xml(printable(finding.summary))
        )
        failure.text = _xml(_details(finding))
    elif isinstance(answer, Flagged):  # a consequence of a cause that failed, or too weak to count
        ElementTree.SubElement(case, "system-out").text = _xml(printable(answer.summary))
    elif not isinstance(answer, Passed):
        kind = "could not be told" if isinstance(answer, CannotTell) else "not applicable"
        ElementTree.SubElement(case, "skipped", message=_xml(printable(f"{kind}: {answer.reason}")))
    return case


def _details(finding: Finding) -> str:
    facts = map(sentences.fact_line, finding.evidence)
    lines = [finding.context, *facts, *sentences.asides(finding), f"Fix: {finding.fix.text}"]
    said = [printable(line) for line in lines if line]
    return "\n".join([*said, finding.fix.code] if finding.fix.code else said)


def _unread(judged: Judged) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name="what could not be read")
    for sentence in judged.unread:
        said = _xml(printable(sentence))
        case = ElementTree.SubElement(suite, "testcase", classname="zeroacc", name=said)
        ElementTree.SubElement(case, "error", type="unreadable", message=said)
    _count(suite)
    return suite


def _count(suite: ElementTree.Element) -> None:
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(tag) is not None for case in cases)))


def _xml(text: str) -> str:
    """The text without characters that XML 1.0 forbids."""
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
