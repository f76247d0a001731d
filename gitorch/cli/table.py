"""Which command lives in which file, and its line in `gitorch --help`; no command is imported here."""

SECTIONS: dict[str, dict[str, str]] = {
    "begin": {
        "install": "Put the guard into this repository's hooks.",
        "init": "Open a build: briefs from a plan, and a branch that nobody commits to.",
        "uninstall": "Take the guard away and give back the hooks as they were.",
        "demo": "Run a whole build in a scratch repository and tell each step.",
    },
    "mend": {
        "doctor": "Test the guard and each open build; mend with --fix.",
        "seal": "Lock the build branch for clients that run no hooks.",
    },
    "settings": {
        "schema": "Print the JSON Schema of a plan, a completion or the configuration.",
        "completion": "Print the completion script for bash, zsh or fish.",
    },
    "land": {
        "validate": "Run the configured validators on the work as it stands.",
        "finalize": "Verify, validate, and land a build as one commit.",
        "abort": "Close a build without a commit, and keep its work.",
        "reopen": "Take a build that landed or was aborted back to the moment before.",
    },
    "look": {
        "list": "Show every build.",
        "status": "Show what needs you, and every worker of a build.",
        "review": "Hold the workers' claims against git, and show how much each changed.",
        "ready": "Show the workers that can be started now.",
    },
    "hand out": {
        "brief": "Print a worker's brief, ready to paste.",
        "launch": "Note that a worker was started.",
        "spawn": "Start workers and return at once.",
        "spawns": "Show the spawned workers: what runs, and how each ended.",
        "stop": "End a spawned worker.",
        "spawn-cmd": "Print the shell command that starts a worker.",
    },
    "adapt": {
        "adapt": "Put what finished workers found out into waiting briefs.",
    },
    "keep up": {
        "complete": "Write a worker's report.",
        "close": "Accept a worker's report, or say what it has to write.",
        "sync": "Bring the records up to date and stage them.",
        "watch": "Sync on every change, and say what happened.",
    },
}
"""Section → command → one line. Command `spawn-cmd` lives in `gitorch.cli.commands.spawn_cmd`."""


def module_of(command: str) -> str:
    """The module whose `command` attribute is the click command."""
    return f"gitorch.cli.commands.{command.replace('-', '_')}"
