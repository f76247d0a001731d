"""Which command lives in which file, and its line in `gitorch --help`; no command is imported here."""

SECTIONS: dict[str, dict[str, str]] = {
    "begin": {
        "install": "Put the guard into this repository's hooks.",
        "init": "Open a build: briefs, and a branch that nobody commits to.",
        "demo": "Run a whole build in a scratch repository and tell each step.",
        "uninstall": "Remove the guard and restore the hooks as they were.",
    },
    "hand out": {
        "brief": "Print a worker's brief, ready to paste.",
        "launch": "Note that a worker was started.",
        "spawn": "Start workers and return at once.",
        "spawns": "Show the spawned workers: what runs, and how each ended.",
        "stop": "End a spawned worker.",
        "spawn-cmd": "Print the shell command that starts a worker.",
        "hook": "Judge what an agent is about to do; its client calls this.",
    },
    "keep up": {
        "complete": "Write a worker's report.",
        "close": "Accept a worker's report, or say what to write.",
        "sync": "Bring the records up to date and stage them.",
        "watch": "Sync on every change, and say what happened.",
    },
    "look": {
        "list": "Show every build.",
        "status": "Show what needs you, and every worker of a build.",
        "ready": "Show the workers that can be started now.",
        "review": "Compare the workers' claims with what git sees.",
        "log": "Show what happened to a build, newest first.",
        "diff": "Show what differs between snapshots, the base and the files.",
    },
    "keep": {
        "accept": "Let files differ from what a worker reported, as they are now.",
        "snapshot": "Keep what the worktree holds now, as a commit of no branch.",
        "restore": "Restore files from a snapshot, or whatever was lost.",
    },
    "adapt": {
        "adapt": "Put what finished workers found out into waiting briefs.",
        "worker": "Add, edit or drop a worker of an open build.",
        "followup": "Turn follow-ups of reports into new workers.",
    },
    "land": {
        "validate": "Run the configured validators on the work as it is.",
        "finalize": "Verify, validate, and land a build as one commit.",
        "abort": "Close a build without a commit, and keep its work.",
        "reopen": "Open a closed build again as it was before.",
    },
    "fix": {
        "verify": "Judge what was pushed: only what finalize made passes.",
        "doctor": "Test the guard and each open build; fix with --fix.",
        "seal": "Lock the build branch for clients that run no hooks.",
    },
    "settings": {
        "schema": "Print the JSON Schema of a plan, a completion or the policy.",
        "completion": "Print the completion script for bash, zsh or fish.",
    },
}
"""Section → command → one line. Command `spawn-cmd` lives in `gitorch.cli.commands.spawn_cmd`."""

LOOKS = ("list", "status", "ready", "review", "log", "diff")
"""Commands that show how things are, also where something that was interrupted cannot be completed."""

BESIDE = ("hook", "snapshot")
"""Commands that somebody waits for who may hold what a recovery needs: they complete nothing."""

APART = ("completion", "demo", "schema")
"""Commands that neither need the repository around nor complete anything in it."""


def module_of(command: str) -> str:
    """The module whose `command` attribute is the click command."""
    return f"gitorch.cli.commands.{command.replace('-', '_')}"
