"""What in a checked plan somebody should look at, though it stops nothing."""

import re
from collections.abc import Iterator, Mapping, Sequence

from gitorch.core.plan.document import WorkerDocument
from gitorch.core.source import Remark, Source
from gitorch.core.text import named, shown_path

_NEED = re.compile(
    r"(?<!not )(?<!no )(?<!never )(?:depend|blocked|\bwait|\bafter\b|\buntil\b|\brequires?\b|"
    r"\bneeds?\b|pre-?req|predecess)",
    re.I,
)
_WORD = re.compile(r"[^\W_](?:[\w.+-]*[^\W_])?")


def remarks(
    workers: Sequence[WorkerDocument], needs: Sequence[Sequence[int]], order: Sequence[int], source: Source
) -> Iterator[Remark]:
    """By index: the workers, whom each needs, and each after those that it needs."""
    yield from source.remarks
    yield from _named(workers, _before(needs, order), source)
    yield from _same_outputs(workers, source)


def _before(needs: Sequence[Sequence[int]], order: Sequence[int]) -> list[int]:
    """Everything that comes before each worker, as bits: sets would be too large."""
    before = [0] * len(needs)
    for index in order:
        for need in needs[index]:
            before[index] |= before[need] | 1 << need
    return before


def _named(workers: Sequence[WorkerDocument], before: Sequence[int], source: Source) -> Iterator[Remark]:
    names, words = _names(workers), _plain_names(workers)
    for index, worker in enumerate(workers):
        told = {index}
        text = "\n".join(_texts(worker))
        needed = {word for word in _needed(text) if word in words} if words else set()
        for word in (*_WORD.findall(text), *needed):
            other = names.get(word, words.get(word) if word in needed else None)
            if other is None or other in told:
                continue
            told.add(other)
            if not (before[index] >> other & 1 or before[other] >> index & 1):
                said = f"{named(worker.id)} names {named(word)} and does not depend on {named(word)}"
                yield Remark("named-worker", source.whole(("workers", index), said))


def _names(workers: Sequence[WorkerDocument]) -> Mapping[str, int]:
    """Ids and keys that are no plain words or numbers."""
    named = (
        (name, index) for index, worker in enumerate(workers) for name in (worker.id, worker.key) if name
    )
    return {name: i for name, i in named if re.search(r"[\d_-]", name) and re.search(r"[^\W\d_]", name)}


def _plain_names(workers: Sequence[WorkerDocument]) -> Mapping[str, int]:
    """Ids that are plain words: they name a worker only behind a word of dependency."""
    return {w.id: index for index, w in enumerate(workers) if re.fullmatch(r"[^\W\d_]+", w.id)}


def _needed(text: str) -> Iterator[str]:
    """The first words behind each word of dependency, up to the end of its line."""
    for match in _NEED.finditer(text):
        yield from _WORD.findall(text[match.end() : match.end() + 60].partition("\n")[0])[:4]


def _texts(worker: WorkerDocument) -> Iterator[str]:
    yield from (worker.title, worker.description, worker.context)
    yield from (*worker.requirements, *worker.success_criteria, *worker.report_back)


def _same_outputs(workers: Sequence[WorkerDocument], source: Source) -> Iterator[Remark]:
    first: dict[str, int] = {}
    for index, worker in enumerate(workers):
        for path in dict.fromkeys(output.removeprefix("./") for output in worker.outputs):
            other = first.setdefault(path, index)
            if other != index:
                who = f"{named(workers[other].id)} and {named(worker.id)}"
                said = f"{who} have the same output {shown_path(path)}"
                yield Remark("shared-output", source.whole(("workers", index, "outputs"), said))
