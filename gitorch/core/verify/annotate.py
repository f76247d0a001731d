"""Reasons as a CI shows them beside the change. Prints nothing.

GitHub: workflow commands, one line each, on standard output. GitLab: a code quality report, one JSON array.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Literal

from gitorch.core.text import one_line
from gitorch.core.verify.model import Reason

Forge = Literal["github", "gitlab"]


def annotations(forge: Forge, reasons: Sequence[Reason]) -> list[str]:
    """The lines for `forge`; for GitHub none where there are no reasons."""
    if forge == "gitlab":
        return [json.dumps([_issue(reason) for reason in reasons])]
    return [_command(reason) for reason in reasons]


def _command(reason: Reason) -> str:
    """`::error file=…,title=…::message`, escaped as GitHub's own toolkit does."""
    where = f"file={_property(reason.path)}," if reason.path else ""
    return f"::error {where}title=gitorch verify::{_value(_sentence(reason))}"


def _sentence(reason: Reason) -> str:
    return one_line(f"{reason.commit[:12]}: {reason.message} ({reason.hint})")


def _value(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _value(one_line(text)).replace(":", "%3A").replace(",", "%2C")


def _issue(reason: Reason) -> dict[str, object]:
    words = "\0".join((reason.commit, reason.path or "", reason.message))
    return {
        "description": _sentence(reason),
        "check_name": "gitorch-verify",
        "fingerprint": hashlib.sha256(words.encode("utf-8", "surrogateescape")).hexdigest(),
        "severity": "blocker",
        "location": {"path": one_line(reason.path or ".gitorch.yaml"), "lines": {"begin": 1}},
    }
