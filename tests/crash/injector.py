"""Runs a gitorch command again and again on the same repository, ended at its first step, its second, …

    python -m tests.crash.injector TEMPLATE ROOT MODE FIRST STRIDE COMMAND…

Before each run ROOT is made anew from the folder TEMPLATE (at the same path, since a binding names it).
Steps are those of `paused.py`. MODE is `kill` (SIGKILL before the step) or `full` (the step fails as on
a full disk; a git that only reads is no step then). After each run the judge in `checks.py` looks at what
is left. A kill where the disk is as it was at an earlier one would leave the same again: the command goes
on to its next step instead (an index tells one run from another: it has the times of the files). One JSON line for each end; the last says that the command came to its own.
With `NO_LINKS` in the environment there are no hard links.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.crash.checks import judge, raw
from tests.crash.paused import Paused, command, fresh, get_ready
from tests.no_links import no_link


def main() -> None:
    template, root, mode = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    first, stride, words = int(sys.argv[4]), int(sys.argv[5]), sys.argv[6:]
    if "NO_LINKS" in os.environ:
        os.link = no_link
    get_ready()
    judged: dict[str, dict[str, object]] = {}
    ended = 0  # at this step, the last time
    while True:
        fresh(template, root)
        running, before = Paused(root, words, {"kill": "all", "full": "writes"}[mode]), ""
        while running.step:
            now = raw(root) if mode == "kill" and running.at >= ended else ""
            if running.at == ended:
                before = now
            elif (
                running.at >= first
                and (running.at - first) % stride == 0
                and (running.at > ended if mode == "full" else now and now != before and now not in judged)
            ):
                break
            running.go_on()
        line: dict[str, Any] = {"step": running.at, "name": running.step}
        if running.step and mode == "kill":
            line["exit"], line["said"] = running.kill()
        else:
            if running.step:
                running.go_on(fail=True)
            line["exit"], line["said"] = running.end()
        if (what := raw(root)) not in judged:
            judged[what] = judge(root, lambda *others: command(root, others), words)
        print(json.dumps({**line, **judged[what]}), flush=True)  # noqa: T201 (its output)
        if not line["name"]:
            return
        ended = line["step"]


if __name__ == "__main__":
    main()
