"""Issues as a CI shows them beside the change. Prints nothing.

GitHub: workflow commands, one line each, on standard output. GitLab: a code quality report, one JSON array.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Literal

from gitorch.core.issue import Issue, lines
from gitorch.core.text import one_line
from gitorch.core.verify.model import place_of

Forge = Literal["github", "gitlab"]


def annotations(forge: Forge, issues: Sequence[Issue]) -> list[str]:
    """The lines for `forge`; for GitHub none where there are no issues."""
    if forge == "gitlab":
        return [json.dumps([_entry(issue) for issue in issues])]
    return [_command(issue) for issue in issues]


def _command(issue: Issue) -> str:
    """`::error file=…,title=…::message`, escaped as GitHub's own toolkit does."""
    _, path = place_of(issue)
    where = f"file={_property(path)}," if path else ""
    return f"::error {where}title=gitorch verify::{_value(_text(issue))}"


def _text(issue: Issue) -> str:
    commit, _ = place_of(issue)
    return "\n".join(map(one_line, [f"{commit[:12]}: {issue.message}", *lines(issue)[1:]]))


def _value(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _value(one_line(text)).replace(":", "%3A").replace(",", "%2C")


def _entry(issue: Issue) -> dict[str, object]:
    commit, path = place_of(issue)
    words = "\0".join((commit, path or "", issue.message))
    return {
        "description": _text(issue),
        "check_name": f"gitorch-verify/{issue.code}",
        "fingerprint": hashlib.sha256(words.encode("utf-8", "surrogateescape")).hexdigest(),
        "severity": "blocker",
        "location": {"path": one_line(path or ".gitorch.yaml"), "lines": {"begin": 1}},
    }
