"""The one file that prints: data on stdout, everything else on stderr; nothing unclean reaches a terminal.

Colour: `NO_COLOR` beats the terminal test of each stream (no-color.org).
"""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from gitorch.core.errors import GitorchError
from gitorch.core.issue import Issue, Severity, as_json, lines
from gitorch.core.text import clean, display_width, one_line, unbroken

if TYPE_CHECKING:
    from rich.console import Console

    from gitorch.actions.sync import Synced

SCHEMA_VERSION = 2


def _write(text: str, stream: TextIO) -> None:
    try:
        stream.write(text)
    except UnicodeEncodeError:  # an ASCII terminal
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "replace").decode(encoding))
    stream.flush()


def _coloured(stream: TextIO) -> bool:
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and stream.isatty()


def data(text: str, *, raw: bool = False) -> None:
    """Write what was asked for to stdout, with one line end. `raw`: not cleaned, for programs only."""
    text = text if raw else clean(text)
    _write(text if text.endswith("\n") else text + "\n", sys.stdout)


def paged(text: str) -> None:
    """Write what was asked for; at a terminal through the pager that git would use."""
    if not sys.stdout.isatty():
        data(text)
        return
    from gitorch.adapters.git.paging import page

    page(clean(text) + "\n", cwd=Path.cwd())


def note(text: str) -> None:
    """Tell the person something, on stderr."""
    _write(clean(text).rstrip("\n") + "\n", sys.stderr)


def confirmed(question: str) -> bool:
    """The person's yes at a terminal; no where nobody can answer."""
    if not sys.stdin.isatty():
        return False
    sys.stderr.write(f"{clean(question)} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def not_staged(problem: str | None) -> None:
    """Say why the records could not be staged, if they could not; that is no failure."""
    if problem:
        note(f"warning: nothing is staged: {problem}")
        note("next: gitorch sync")


def synced(done: "Synced | None") -> None:
    """Say which reports a sync corrected, which it could not record, and why nothing could be staged."""
    if done is None:
        return
    for line in done.notes:
        note(line)
    if done.unrecorded:
        issue(done.unrecorded)
    not_staged(done.not_staged)


def narrate(kind: str, text: str) -> None:
    """A line of a story on stdout: a `step` stands out, a `command` has a prompt, `output` is indented."""
    bold, plain = ("\x1b[1m", "\x1b[0m") if _coloured(sys.stdout) else ("", "")
    line = {"step": f"\n{bold}{clean(text)}{plain}", "command": f"$ {clean(text)}"}.get(kind)
    _write((line or f"    {clean(text)}") + "\n", sys.stdout)


def document(kind: str, content: Mapping[str, Any]) -> None:
    """One JSON document on stdout, with `schema_version` and its `kind`."""
    whole = {"schema_version": SCHEMA_VERSION, "kind": kind, **content}
    _write(json.dumps(whole, indent=2, ensure_ascii=True) + "\n", sys.stdout)


def entries(issues: Iterable[Issue]) -> list[dict[str, object]]:
    """Issues as every document has them."""
    return [as_json(issue) for issue in issues]


def failure(problem: GitorchError) -> None:
    """The document of a command that failed."""
    document("error", {"issues": entries([problem.issue]), "exit_status": int(problem.status)})


def error(problem: GitorchError, *, as_json: bool = False) -> None:
    """The error's issue on stderr; with `as_json` a document on stdout as well."""
    if as_json:
        failure(problem)
    issue(problem.issue)


def issue(told: Issue) -> None:
    """`error:` or `warning:`, the message, the details, each `hint:`, on stderr."""
    colour = "\x1b[1;31m" if told.severity is Severity.ERROR else "\x1b[1;33m"
    begin, end = (colour, "\x1b[0m") if _coloured(sys.stderr) else ("", "")
    first, *rest = safe_lines(told)
    _write("\n".join([f"{begin}{told.severity}:{end} {first}", *rest]) + "\n", sys.stderr)


def issues(title: str, told: Iterable[Issue]) -> None:
    """A list of issues below its title, on stdout; nothing for none."""
    if found := [f"  {line}" for one in told for line in safe_lines(one)]:
        _write("\n".join(["", clean(title), *found]) + "\n", sys.stdout)


def safe_lines(told: Issue) -> list[str]:
    """The lines in which an issue is read, none of which a CI runner obeys."""
    return [_no_command(unbroken(line)) for line in lines(told)]


def _no_command(line: str) -> str:
    """A CI runner obeys a line that begins with `::`, white space aside, also on stderr."""
    return f"  | {line.lstrip()}" if line.lstrip().startswith("::") else line


def console() -> "Console":
    """A rich console on stdout; pass it `rich.text.Text`, never markup that holds foreign text."""
    from rich.console import Console

    return Console(
        file=sys.stdout,
        no_color=not _coloured(sys.stdout),
        highlight=False,
        markup=False,
        emoji=False,
        width=None if sys.stdout.isatty() else 120,
    )


@contextlib.contextmanager
def live() -> Iterator[Callable[[Sequence[str]], None]]:
    """Lines at the bottom of stderr's terminal that can be redrawn; `note` writes above them."""
    from rich.console import Console
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.table import Table
    from rich.text import Text

    console = Console(file=sys.stderr, no_color=not _coloured(sys.stderr), highlight=False)
    with Live(console=console, transient=True, redirect_stdout=False, redirect_stderr=True) as display:

        def show(lines: Sequence[str]) -> None:
            grid = Table.grid(padding=(0, 1))
            for line in lines:
                grid.add_row(Spinner("dots"), Text(one_line(line), overflow="ellipsis", no_wrap=True))
            display.update(grid)

        yield show


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    title: str | None = None,
    groups: Sequence[object] = (),
) -> None:
    """A table on stdout: drawn on a terminal; aligned columns, each row one line, for a pipe.

    Cells are cleaned, and never read as markup. With `groups`, one value for each row, a gap stands
    wherever the value changes.
    """
    cells = [tuple(one_line(cell) for cell in row) for row in rows]
    gaps = [0 < number < len(groups) and groups[number] != groups[number - 1] for number in range(len(cells))]
    if sys.stdout.isatty():
        _draw(columns, cells, title, gaps)
    else:
        _align([tuple(columns), *cells], title, [False, *gaps])


def _align(rows: list[tuple[str, ...]], title: str | None, gaps: Sequence[bool]) -> None:
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    lines = [clean(title)] if title else []
    for row, gap in zip(rows, gaps, strict=True):
        padded = (cell + " " * (width - display_width(cell)) for cell, width in zip(row, widths, strict=True))
        lines += [*([""] if gap else []), "  ".join(padded).rstrip()]
    _write("\n".join(lines) + "\n", sys.stdout)


def _draw(
    columns: Sequence[str], rows: list[tuple[str, ...]], title: str | None, gaps: Sequence[bool]
) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    grid = Table(
        box=box.SIMPLE_HEAD,
        title=title and Text(clean(title)),
        title_justify="left",
        padding=0,  # rich's own padding takes half of the time of a long table
    )
    for column in columns:
        grid.add_column(column, overflow="fold")
    for row, gap in zip(rows, gaps, strict=True):
        if gap:
            grid.add_section()
        grid.add_row(*(Text(f"{cell}  ") for cell in row))
    console().print(grid)
