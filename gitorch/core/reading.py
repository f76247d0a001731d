"""Reads a report as agents write them: the slips that leave no doubt are corrected, nothing else is guessed.

Pure: the time that stands for a missing timestamp arrives as an argument.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from gitorch.core.completion import MAX_BYTES, Completion, Outcome, Texts, as_json, describe
from gitorch.core.text import one_line

_FENCE = re.compile(r"\s*(`{3,}|~{3,})[ \t]*(?:[\w-]+[ \t]*)?\r?\n(.*)\n[ \t]*\1\s*", re.DOTALL)
_COMMA = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{,:]\s*,|(,)(?=\s*[\]}])', re.DOTALL)
"""A text, or a comma that follows no value; else a comma behind the last value of a list or an object."""

_NO_LETTER = re.compile("[^a-z]")
_MEANT = {"completed": Outcome.COMPLETE, "done": Outcome.COMPLETE, "success": Outcome.COMPLETE}
_ARTIFACTS = frozenset(
    f"{one}{other}"
    for what in ("files", "filepaths", "paths")
    for how in ("", "changed", "modified", "created", "deleted", "added", "written", "output", "new")
    for one, other in ((what, how), (how, what))
) | {"artifact", "artifacts", "artefact", "artefacts", "outputs"}
"""What agents call the artifacts, in small letters alone."""
_LISTS = tuple(name for name, field in Completion.model_fields.items() if field.annotation == Texts)


class Reading(NamedTuple):
    """A report that was understood."""

    completion: Completion
    corrections: tuple[str, ...] = ()
    """What was corrected, a phrase each; empty where the file is in the spec's form."""
    text: str = ""
    """The file in the spec's form, where anything was corrected; what it has beyond the fields is kept."""


def read_report(data: bytes, written: datetime | None = None) -> Reading | str:
    """The report, or one sentence that says what is wrong with the file and where.

    `written` is the file's own time; without it a timestamp is not corrected.
    """
    try:
        return _read(data, written)
    except json.JSONDecodeError as error:
        return f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
    except RecursionError:
        return "is nested too deeply to be a report"
    except UnicodeDecodeError as error:
        return f"is not UTF-8 at byte {error.start}"
    except ValidationError as error:
        return "; ".join(describe(error)[:5])
    except ValueError as error:  # e.g. a number with too many digits
        return f"cannot be read: {error}"


def _read(data: bytes, written: datetime | None) -> Reading | str:
    if len(data) > MAX_BYTES:
        return _too_large()
    value, corrections = load_json(data)
    if not isinstance(value, dict):
        return Reading(Completion.model_validate(value))  # which says what is wrong
    document = dict(value)
    corrections += _correct_fields(document)
    if written and document.get("timestamp") is None:
        document["timestamp"] = _shown(written)
        corrections.append("the timestamp was missing: the time of the file")
    completion = Completion.model_validate(document)
    if written and completion.timestamp.tzinfo is None:
        document["timestamp"] = _shown(written)
        corrections.append("the timestamp had no time zone: the time of the file")
        completion = Completion.model_validate(document)
    if not corrections:
        return Reading(completion)
    fields: dict[str, Any] = {name: document.get(name, []) for name in Completion.model_fields}
    text = as_json(fields | document)
    if len(text.encode()) > MAX_BYTES:
        return _too_large()
    return Reading(completion, tuple(corrections), text)


def digest_of(read: Reading, data: bytes) -> str:
    """The SHA-256 of a report's spec form: the same before and after the file is rewritten."""
    return hashlib.sha256(read.text.encode() if read.corrections else data).hexdigest()


def load_json(data: bytes) -> tuple[Any, list[str]]:
    """The value of a JSON file, and what had to be corrected to read it. ValueError where it is none."""
    text = data.decode()
    corrections = []
    if text.startswith("\ufeff"):
        text = text[1:]
        corrections.append("a byte order mark was removed")
    if fenced := _FENCE.fullmatch(text):
        text = "\n" * text.count("\n", 0, fenced.start(2)) + fenced[2]  # an error keeps its line
        corrections.append("a code fence around the JSON was removed")
    try:
        return json.loads(text), corrections
    except json.JSONDecodeError as error:
        try:
            value = json.loads(_COMMA.sub(lambda match: "" if match[1] else match[0], text))
        except json.JSONDecodeError:
            raise error from None
    return value, [*corrections, "trailing commas were removed"]


def _correct_fields(document: dict[str, Any]) -> Iterator[str]:
    """Correct `document` in place; each correction as it was made. ValueError for a claim without a path."""
    yield from _rename_artifacts(document)
    status = document.get("status")
    if isinstance(status, str) and status in _MEANT:
        document["status"] = str(_MEANT[status])
        yield f"the status was {status}: {_MEANT[status]}"
    for name in _LISTS:
        value = document.get(name, ())
        if value is None:
            document[name] = []
            yield f"{name} was null: an empty list"
        elif isinstance(value, str) and value.strip():
            document[name] = [value]
            yield f"{name} was one text: a list of that text"


def _rename_artifacts(document: dict[str, Any]) -> Iterator[str]:
    """Take what is claimed under another name for artifacts: no claim may pass unseen."""
    for key in [*document]:
        if key == "artifacts" or _NO_LETTER.sub("", key.lower()) not in _ARTIFACTS or not document[key]:
            continue
        value, known = document[key], document.get("artifacts") or []
        more, paths = ([it] if isinstance(it, str) else it for it in (value, known))
        if not isinstance(more, list) or not all(isinstance(path, str) for path in more):
            raise ValueError(f"{one_line(key, 60)} is no field of a report; artifacts is, a list of paths")
        if isinstance(paths, list):  # else it is told what is wrong with them
            del document[key]
            document["artifacts"] = [*paths, *(path for path in more if path not in paths)]
            yield f"the artifacts were in {one_line(key, 60)}"


def _shown(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds")


def _too_large() -> str:
    return f"is larger than {MAX_BYTES // 1024} KiB"
