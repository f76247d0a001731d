"""A build's folder in a commit against itself: what briefs and completions say, the rest has to say too.

Which gitorch rendered the text, meta.json's `schema_version` tells. Nothing here decides what was claimed.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from gitorch.core.build_files import RawFile
from gitorch.core.folder import DROPPED
from gitorch.core.issue import Issue, Severity
from gitorch.core.meta import SCHEMA_VERSION, Meta
from gitorch.core.render import records
from gitorch.core.spawning import RESULTS, dump_results, parse_results
from gitorch.core.state import BuildState, WorkerStatus
from gitorch.core.text import one_line, shown_path
from gitorch.core.verify.model import Evidence, of_commit, remake


def files_in(evidence: Evidence, folder: str) -> list[RawFile]:
    """The files of `workers/` or `completions/` under their names there, as the disk would give them."""
    suffix = ".md" if folder == "workers" else ".json"
    found = []
    for path, file in evidence.files.items():
        above, _, name = path.partition("/")
        if above == folder and not name.startswith("."):
            wrong = None if name.endswith(suffix) else f"is not a {suffix} file"
            found.append(RawFile(name, None if wrong else file.data, wrong or file.problem))
    return found


def judge_records(evidence: Evidence, state: BuildState) -> Iterator[Issue]:
    """Complete, without an issue, and what their sources render.

    Facts are compared by what they say; text byte for byte, where its gitorch renders as this one.
    """
    folder, hints = evidence.folder, remake(evidence.slug)

    def wrong(code: str, text: str, name: str, details: tuple[str, ...] = ()) -> Issue:
        return of_commit(code, evidence.commit, text, f"{folder}/{name}", details=details, hints=hints)

    if not state.workers:
        yield wrong("empty-build", f"build {evidence.slug} has no worker in the commit's records", "workers")
    for worker in state.workers:
        if worker.status is not WorkerStatus.COMPLETE:
            text = f"{worker.id} is {worker.status.replace('_', ' ')} in the commit's own records"
            yield wrong("unfinished-worker", text, worker.brief.path)
    for issue in state.issues:
        found = wrong(issue.code, one_line(issue.message, 300), str(issue.about), issue.details)
        yield replace(found, severity=issue.severity)
    yield from _derived(evidence, state)
    yield from _texts(evidence, state, wrong)
    for name, file in sorted(evidence.files.items()):
        if name.startswith((f"{DROPPED}/", RESULTS)) and (problem := file.problem or _result_problem(file)):
            yield wrong("damaged-records", f"{shown_path(f'{folder}/{name}')} {problem}", name)


def _texts(evidence: Evidence, state: BuildState, wrong: Callable[[str, str, str], Issue]) -> Iterator[Issue]:
    """Plan and rendered records: all are there, and say what their sources render."""
    rendered = records(state, _text(evidence.files.get("BUILD.md")))
    del rendered["meta.json"]  # whose facts were read from it, and the rest of it judged right here
    older = _is_older(state.meta)
    for name in ("PLAN.md", *rendered):
        path = shown_path(f"{evidence.folder}/{name}")
        file = evidence.files.get(name)
        if file is None:
            yield wrong("missing-records", f"{path} is not in the commit", name)
        elif file.data is None:
            yield wrong("damaged-records", f"{path} {file.problem}", name)
        elif name in rendered and (where := _difference(name, file.data, rendered[name], older=older)):
            yield wrong(
                "wrong-records", f"{path} differs from what the build's sources render, {where}", name
            )


def _result_problem(file: RawFile) -> str | None:
    """Why this is no `spawn_results.jsonl` as gitorch writes it: a line of ours for each end of a worker."""
    if file.name != RESULTS or file.data == dump_results(parse_results(file.data or b"")):
        return None
    return "has lines that are no results of workers"


def not_compared(evidence: Evidence, meta: Meta) -> tuple[Issue, ...]:
    """What cannot be told of the records of an older gitorch, which may have rendered other text."""
    if not _is_older(meta):
        return ()
    text = "STATUS.md, README.md and BUILD.md were rendered by an older gitorch and were not compared"
    return (of_commit("older-records", evidence.commit, text, severity=Severity.WARNING),)


def _derived(evidence: Evidence, state: BuildState) -> Iterator[Issue]:
    """The fields of meta.json that are derived from the rest."""
    path, now = f"{evidence.folder}/meta.json", state.meta_now()
    for field in type(now).model_fields:
        if (told := getattr(state.meta, field)) != (given := getattr(now, field)):
            text = f"{shown_path(path)} has {field} {_shown(told)}, expected {_shown(given)}"
            yield of_commit("wrong-records", evidence.commit, text, path, hints=remake(evidence.slug))


def _shown(value: object) -> str:
    several = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return one_line(several, 80) or "none"


def _is_older(meta: Meta) -> bool:
    """Whether the records were written by a gitorch that may render other text."""
    return meta.schema_version < SCHEMA_VERSION


def _text(file: RawFile | None) -> str | None:
    return file.data.decode("utf-8", "surrogateescape") if file and file.data is not None else None


def _difference(name: str, data: bytes, rendered: str, *, older: bool) -> str | None:
    """Where a record is not what `rendered` says; None where it is, or where nobody can tell."""
    if name.endswith(".json"):
        try:
            told = json.loads(data)
        except (ValueError, RecursionError) as error:
            return f"as the file is not JSON: {one_line(str(error), 80)}"
        place = _disagreement(told, json.loads(rendered), older=older)
        return None if place is None else f"at {one_line(place, 80) or 'its top'}"
    if older:
        return None
    line = _first_difference(data, rendered)
    return f"from line {line} on" if line else None


def _disagreement(told: object, wanted: object, *, older: bool, at: str = "") -> str | None:
    """The first place in which two JSON values differ; None where they agree.

    What an older gitorch wrote may lack keys that ours has, and have keys that ours has not.
    """
    if isinstance(told, dict) and isinstance(wanted, dict):
        keys = [key for key in wanted if key in told] if older else [*wanted, *told]
        pairs = [(f"{at}.{key}" if at else key, told.get(key, ...), wanted.get(key, ...)) for key in keys]
    elif isinstance(told, list) and isinstance(wanted, list) and len(told) == len(wanted):
        pairs = [(f"{at}[{i}]", *pair) for i, pair in enumerate(zip(told, wanted, strict=True))]
    else:
        return None if type(told) is type(wanted) and told == wanted else at
    return next(
        (
            place
            for here, one, other in pairs
            if (place := _disagreement(one, other, older=older, at=here)) is not None
        ),
        None,
    )


def _first_difference(data: bytes, rendered: str) -> int | None:
    """The first line, from 1, in which the two differ; None where they are the same."""
    wanted = rendered.encode("utf-8", "surrogateescape")
    if data == wanted:
        return None
    pairs = enumerate(zip(data.split(b"\n"), wanted.split(b"\n"), strict=False), start=1)
    last = min(data.count(b"\n"), wanted.count(b"\n")) + 2
    return next((number for number, (one, other) in pairs if one != other), last)
