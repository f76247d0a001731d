"""`gitorch completion`: the script that lets a shell complete gitorch's commands, builds and workers."""

import click
from click.shell_completion import get_completion_class

from gitorch.cli import output

# `git orch …` in bash: git's own completion calls _git_orch with git's words; hand over ours.
_GIT_BASH = """
_git_orch() {
    local IFS=$'\\n' reply type value
    reply=$(COMP_WORDS="gitorch ${COMP_WORDS[*]:2}" COMP_CWORD=$((COMP_CWORD - 1)) \\
        _GITORCH_COMPLETE=bash_complete gitorch)
    for value in $reply; do
        IFS=',' read -r type value <<<"$value"
        [ "$type" = plain ] && COMPREPLY+=("$value")
    done
}
"""


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for bash, zsh or fish.

    \b
    bash:  eval "$(gitorch completion bash)"       in ~/.bashrc
    zsh:   eval "$(gitorch completion zsh)"        in ~/.zshrc
    fish:  gitorch completion fish > ~/.config/fish/completions/gitorch.fish
    """
    from gitorch.cli.app import app

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 (the three of the choice are click's own)
    script = kind(app, {}, "gitorch", "_GITORCH_COMPLETE").source()
    output.data(script + (_GIT_BASH if shell == "bash" else ""), raw=True)
