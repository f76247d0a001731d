"""The person's own hooks and editor, run as git runs them; decides nothing by their answer."""

from collections.abc import Collection, Mapping
from pathlib import Path

from gitorch.adapters import process
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.git.worktrees import hooks_folder
from gitorch.core.errors import GitorchError
from gitorch.core.issue import Hint
from gitorch.core.text import named


def run_hook(
    repo: Repository, name: str, *arguments: str, env: Mapping[str, str] | None = None
) -> process.Result:
    """Every hook of this event, in the hooks directory and the configuration; status 0 where there is none.

    `git hook run` is git's own way to them, since 2.36; what they print is in `stderr`.
    """
    words = ("hook", "run", "--ignore-missing", name, "--", *arguments)
    return repo.run(*words, env=env, check=False, for_person=True)


def exists(repo: Repository, names: Collection[str]) -> bool:
    """Whether a hook for one of these events is there, in the hooks directory or the configuration."""
    folder = hooks_folder(repo)
    if any((folder / name).exists() for name in names):
        return True
    set_up = repo.run("config", "--get-regexp", r"^hook\..*\.event$", check=False).lines  # since git 2.54
    return any(line.rpartition(" ")[2] in names for line in set_up)


def edit(repo: Repository, path: Path) -> None:
    """Let the person edit a file in git's own editor; GitorchError when there is none or it fails.

    KeyboardInterrupt when a Ctrl-C ended it; one that it goes on after is its own business.
    """
    editor = repo.run("var", "GIT_EDITOR", check=False)
    if not editor.ok:
        raise GitorchError(
            "missing-editor",
            "git has no editor that works in this terminal; nothing was committed",
            details=editor.error_text.splitlines(),
            hints=[
                Hint("name an editor", "git config core.editor EDITOR"),
                Hint("give the message in a file", "gitorch finalize --message FILE"),
            ],
        )
    # The editor's setting is a piece of shell, as for git (launch_editor in git's editor.c). The shell
    # gets the Ctrl-C as well, and is not to end before the editor.
    shell = f'trap : INT QUIT; {editor.text} "$@"'
    status = process.attend(["sh", "-c", shell, editor.text, str(path)], cwd=repo.root)
    if status != 0:
        text = f"the editor {named(editor.text)} ended with exit status {status}; nothing was committed"
        raise GitorchError("editor-failed", text)
