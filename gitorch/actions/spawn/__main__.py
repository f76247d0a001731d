"""The spawner: the process that `gitorch spawn` leaves behind, which starts workers and notes their ends.

    python -m gitorch.actions.spawn ROOT SLUG RUN PARENT

It may be killed at any time: commands run on, and the next `gitorch spawns` notes what it could not.
"""

import sys
from pathlib import Path

from gitorch.actions.spawn.book import store_of
from gitorch.actions.workplace import find_build


def main(root: str, slug: str, run: str, parent: str) -> None:
    """Look after the workers of one run, to the end of the last."""
    build = find_build(Path(root), slug)
    store = store_of(build)
    settings = store.settings(run)
    records = [record for record in store.records() if record.run == run]
    if settings.backend == "zo":
        from gitorch.actions.spawn.asking import ask_all

        ask_all(build, store, records, settings)
    else:
        from gitorch.actions.spawn.commands import run_all

        run_all(build, store, records, settings, parent)


main(*sys.argv[1:])
