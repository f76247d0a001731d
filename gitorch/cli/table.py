"""Which command lives in which file, and its line in `gitorch --help`; no command is imported here."""

SECTIONS: dict[str, dict[str, str]] = {
    "begin": {
        "install": "Put the guard into this repository's hooks.",
        "uninstall": "Take the guard away and give back the hooks as they were.",
        "demo": "Run a whole build in a scratch repository and tell each step.",
    },
    "settings": {
        "completion": "Print the completion script for bash, zsh or fish.",
    },
    "land": {
        "validate": "Run the configured validators on the work as it stands.",
    },
    "look": {
        "status": "Show every worker of a build and where it stands.",
    },
    "keep up": {
        "sync": "Bring the records up to date and stage them.",
    },
}
"""Section → command → one line. Command `spawn-cmd` lives in `gitorch.cli.commands.spawn_cmd`."""


def module_of(command: str) -> str:
    """The module whose `command` attribute is the click command."""
    return f"gitorch.cli.commands.{command.replace('-', '_')}"
