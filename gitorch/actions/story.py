"""log: the story of a build, open or closed, from what is recorded of it. Changes nothing.

Another source is another argument of `newest_first`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from gitorch.actions.workplace import find_build, find_workplace
from gitorch.adapters.attempts import read_attempts
from gitorch.adapters.git import chain, refs
from gitorch.adapters.git.chain_end import seen_tip
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import refusals, registry
from gitorch.core.errors import GitorchError
from gitorch.core.hints import LIST
from gitorch.core.names import Slug, parse_slug
from gitorch.core.opened import Decided, Opened
from gitorch.core.story import Event, newest_first, of_chain, of_refusals, of_registry
from gitorch.core.text import one_line


def tell_story(start: Path, project: str | None) -> tuple[Slug, list[Event]]:
    """The build that is meant and what happened to it, newest first.

    GitorchError for a build of which this repository has no record.
    """
    repo = find_workplace(start).need_repo()
    slug = parse_slug(project) if project else find_build(start, None, even_without_records=True).slug
    opened = registry.find_opened(repo, slug) or registry.find_closed(repo, slug)
    if opened is None:
        text = f"this repository has no record of a code build {slug}"
        raise GitorchError("unknown-build", text, about=slug, hints=[LIST])
    decided = registry.read_decided(repo, slug)
    line = chain.read_chain(repo, opened.base, tip) if (tip := seen_tip(repo, slug)) else []
    return slug, newest_first(
        of_registry(opened, decided),
        of_chain(line),
        of_refusals(refusals.read(repo, opened)),
        _attempts(repo, slug),
        _end(repo, opened, decided),
    )


def _attempts(repo: Repository, slug: Slug) -> Iterator[Event]:
    for attempt in read_attempts(repo, slug):
        yield Event(
            attempt.at, "attempt", f"finalize failed: {one_line(attempt.message, 200)} ({attempt.code})"
        )


def _commit(repo: Repository, oid: str) -> tuple[datetime, str, str] | None:
    form = ("-c", "log.showSignature=false", "show", "-s", "--format=%ct%x00%an%x00%s", oid, "--")
    at, _, rest = repo.run(*form, check=False).text.partition("\0")
    author, _, subject = rest.partition("\0")
    if not at.isdigit():
        return None
    return datetime.fromtimestamp(int(at), UTC), one_line(author, 60), one_line(subject, 120)


def _end(repo: Repository, opened: Opened, decided: Decided) -> Iterator[Event]:
    """How the build ended, where it did."""
    if registry.is_open(repo, opened.slug):
        return
    kind, ref = ("landed", decided.landed) if decided.landed else ("aborted", decided.kept)
    commit = refs.resolve(repo, ref) if ref else None
    if commit and (told := _commit(repo, commit)):
        text = f"build {opened.slug} landed as {commit[:12]}: {told[2]}"
        if kind == "aborted":
            text = f"build {opened.slug} was aborted; its work is kept in {ref}"
        yield Event(told[0], kind, text, commit)
