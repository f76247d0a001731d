"""What `gitorch --help` costs beside an empty Python: CPU seconds of whole processes, interleaved.

    python tests/bench/startup.py [RUNS]

Prints each median and the ratio. Nothing is asserted: a machine's speed is not a property of the code.
"""

import os
import statistics
import subprocess
import sys

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "gitorch --help": [sys.executable, "-m", "gitorch", "--help"],
    "gitorch --version": [sys.executable, "-m", "gitorch", "--version"],
}


def cpu_seconds(argv: list[str]) -> float:
    """User and system time of one process, by the kernel's own accounting."""
    child = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, argv
    return usage.ru_utime + usage.ru_stime


def main(runs: int) -> None:
    """Run each command `runs` times, in turn, after one round that is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for round_ in range(runs + 1):
        for name, argv in COMMANDS.items():
            seconds = cpu_seconds(argv)
            if round_:
                taken[name].append(seconds)
    floor = statistics.median(taken["python -c pass"])
    for name, seconds_ in taken.items():
        median = statistics.median(seconds_)
        print(f"{name:20} {median:.3f} s CPU, {median / floor:.1f} × an empty Python")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
