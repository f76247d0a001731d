"""The files of a build's own folder that are records: they belong to it without a worker's claim."""

RECORDS = (
    "BUILD.md",
    "PLAN.md",
    "README.md",
    "STATUS.md",
    "meta.json",
    "plan.json",
    "proof.json",
    "spawn_results.jsonl",
)
"""All but the briefs and the completions, by name."""

DROPPED = "dropped"
"""The folder for briefs that were taken out of the plan, and the reports to them."""

ORIGINAL = ".orig"
"""What the name of a report ends with that was corrected in a build without git: `W1.1.json.orig`."""


def is_record(path: str, folder: str) -> bool:
    """Whether `path` is one of the files that gitorch, the plan or a worker's report own."""
    if not path.startswith(f"{folder}/"):
        return False
    name = path[len(folder) + 1 :]
    where, _, last = name.rpartition("/")
    if last.startswith("."):
        return False
    return (
        name in RECORDS
        or (where in ("workers", DROPPED) and last.endswith(".md"))
        or (where in ("completions", DROPPED) and last.endswith(".json"))
    )
