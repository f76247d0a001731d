"""Annotations: one line for each reason, whatever stands in it."""

import json

from gitorch.core.issue import Hint
from gitorch.core.verify.annotate import annotations
from gitorch.core.verify.model import of_commit

HOSTILE = of_commit(
    "wrong-records",
    "c" * 40,
    "line one\n::set-output name=x::y\x1b[31m 5%",
    "a:b,c\nd%",
    hints=(Hint("look", "git log"),),
)
OTHER = of_commit("wrong-parent", "d" * 40, "no path")


def test_a_reason_is_one_workflow_command_and_forges_no_other() -> None:
    [line] = annotations("github", [HOSTILE])
    assert line == (
        "::error file=a%3Ab%2Cc d%25,title=gitorch verify::"
        "cccccccccccc: line one ::set-output name=x::y\N{REPLACEMENT CHARACTER}[31m 5%25%0Ahint: to look, run: git log"
    )
    assert annotations("github", []) == []


def test_a_code_quality_report_is_one_array_with_stable_fingerprints() -> None:
    [line] = annotations("gitlab", [HOSTILE, OTHER])
    first, second = json.loads(line)
    assert first["check_name"] == "gitorch-verify/wrong-records"
    assert {"description", "check_name", "fingerprint", "severity", "location"} == set(first)
    assert first["fingerprint"] != second["fingerprint"]
    assert second["location"]["path"] == ".gitorch.yaml"
    assert annotations("gitlab", [HOSTILE, OTHER]) == [line]
    assert annotations("gitlab", []) == ["[]"]
