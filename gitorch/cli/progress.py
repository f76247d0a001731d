"""How running validators are shown on stderr: live at a terminal, a line for each step elsewhere."""

import contextlib
import sys
from collections.abc import Callable, Iterator

from gitorch.cli import output
from gitorch.core.validation import Progress, Step, summary


@contextlib.contextmanager
def validators() -> Iterator[Callable[[Progress], None]]:
    """Gives the function to report to; what was drawn live is gone at the end of the block."""
    if not sys.stderr.isatty():
        yield _plain
        return
    with output.live() as show:
        latest: dict[str, str] = {}

        def report(progress: Progress) -> None:
            if progress.step is Step.FINISHED:
                latest.pop(progress.name, None)
                show([f"{name}: {line}" for name, line in latest.items()])
                _plain(progress)
                return
            latest[progress.name] = progress.line
            show([f"{name}: {line}" for name, line in latest.items()])

        yield report


def _plain(progress: Progress) -> None:
    if progress.step is Step.STARTED:
        output.note(f"{progress.name}: started")
    elif progress.verdict:
        output.note(summary(progress.verdict))
