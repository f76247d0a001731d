"""What a git command line would do: git's own options, then a table of its commands (git(1))."""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from gitorch.core.shell.parse import UNKNOWN


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


_WITH_VALUE = word_set("""
    -C -c --git-dir --work-tree --namespace --super-prefix --config-env --exec-path
    --attr-source --list-cmds
""")
_UNGUARDING = re.compile(r"(?i)^(core\.(hookspath|fsmonitor)|hook\..*|include(if\..*)?\.path)(=|$)")
_ENVIRONMENT = re.compile(r"^(GIT_CONFIG(_.*)?|GITORCH_.*|GIT_EXEC_PATH|GIT_TEMPLATE_DIR)$")


class GitLine(NamedTuple):
    """A git command line: where it works, which settings it is given, its command and the rest.

    `folders` are the values of `-C`; `elsewhere` is that of `--git-dir`.
    """

    folders: tuple[str, ...]
    elsewhere: str | None
    settings: tuple[str, ...]
    command: str
    arguments: tuple[str, ...]


def read_git(words: Sequence[str]) -> GitLine:
    """Take a git's words apart; `words` without `git` itself."""
    folders, settings = [], []
    elsewhere, place = None, 0
    while place < len(words):
        word = words[place]
        if not word.startswith("-") or word == "-":
            break
        name, given, value = word.partition("=")
        if name in _WITH_VALUE and not (name == "--exec-path" and not given):
            if not given:
                place += 1
                value = words[place] if place < len(words) else ""
            if name == "-C":
                folders.append(value)
            elif name == "--git-dir":
                elsewhere = value
            elif name in ("-c", "--config-env"):
                settings.append(value)
        place += 1
    command = words[place] if place < len(words) else ""
    return GitLine(tuple(folders), elsewhere, tuple(settings), command, tuple(words[place + 1 :]))


def unguards(name: str) -> bool:
    """Whether a setting `KEY` or `KEY=VALUE`, given to git, switches the guard's hooks off."""
    return UNKNOWN in name.partition("=")[0] or bool(_UNGUARDING.match(name))


def environment_unguards(name: str) -> bool:
    """Whether a variable, set for a command, hands git settings of its own or hides a worker."""
    return bool(_ENVIRONMENT.match(name))


def expanded(line: GitLine, aliases: Mapping[str, str]) -> str | tuple[str, ...] | None:
    """What an alias stands for: words of a git, or the text of a shell; None where it is no alias.

    An alias cannot hide a command of git's own (git-config(1), alias.*).
    """
    own = {}
    for setting in line.settings:
        key, _, value = setting.partition("=")
        if key.lower().startswith("alias."):
            own[key[6:].lower()] = value
    meaning = own.get(line.command.lower()) or aliases.get(line.command.lower())
    if not meaning or line.command in VERDICTS or line.command in READING:
        return None
    if meaning.startswith("!"):
        return " ".join([meaning[1:], *map(shlex.quote, line.arguments)])
    try:
        return (*shlex.split(meaning), *line.arguments)
    except ValueError:
        return (*meaning.split(), *line.arguments)


def judge_git(line: GitLine) -> str | None:
    """The kind of harm that the command would do; None for none."""
    if any(unguards(setting) for setting in line.settings):
        return "unguard"
    if line.command in VERDICTS:
        verdict = VERDICTS[line.command]
        return verdict if isinstance(verdict, str) else verdict(line.arguments)
    return "commit" if UNKNOWN in line.command and line.arguments else None


def _options(arguments: Sequence[str]) -> set[str]:
    """The options before `--`: long ones without their value, short ones letter by letter."""
    found = set()
    for word in arguments:
        if word == "--":
            break
        if word.startswith("--"):
            found.add(word.partition("=")[0])
        elif word.startswith("-") and len(word) > 1:
            found |= {f"-{letter}" for letter in word[1:]}
    return found


def _names(arguments: Sequence[str]) -> list[str]:
    """What is no option."""
    return [word for word in arguments if not word.startswith("-")]


def _has(options: set[str], *wanted: str) -> bool:
    """Whether one of `wanted` is among the options; git takes a long one by any beginning of it."""
    return any(
        option == name or (len(option) > 4 and option.startswith("--") and name.startswith(option))
        for option in options
        for name in wanted
    )


def _reset(arguments: Sequence[str]) -> str | None:
    options = _options(arguments)
    if _has(options, "--hard", "--merge", "--keep"):
        return "discard"
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    moving = [word for word in _names(before) if word not in ("HEAD", "@")]
    return "refs" if moving and "--" not in arguments else None


def _restore(arguments: Sequence[str]) -> str | None:
    options = _options(arguments)
    staged = _has(options, "--staged", "-S")
    return None if staged and not _has(options, "--worktree", "-W") else "discard"


def _clean(arguments: Sequence[str]) -> str | None:
    return None if _has(_options(arguments), "-n", "--dry-run") else "discard"


def _rm(arguments: Sequence[str]) -> str | None:
    return None if _has(_options(arguments), "-n", "--dry-run", "--cached") else "discard"


def _stash(arguments: Sequence[str]) -> str | None:
    return None if arguments[:1] in (("list",), ("show",)) else "stash"


_FILTERS = ["-l", "--list", "--contains", "--no-contains", "--merged", "--no-merged", "--points-at"]


def _listing(*reading: str) -> Callable[[Sequence[str]], str | None]:
    """Lists without names, or with an option that only reads; anything else moves a ref."""

    def verdict(arguments: Sequence[str]) -> str | None:
        if _has(_options(arguments), *reading):
            return None
        return "refs" if _names(arguments) or _options(arguments) & _CHANGING else None

    return verdict


_CHANGING = word_set("""
    -d -D -m -M -c -C -f -u --delete --move --copy --force --unset-upstream --edit-description
""")


def _checkout(arguments: Sequence[str]) -> str | None:
    if not arguments or _has(_options(arguments), "--help", "-h"):
        return None
    if (
        "--" in arguments
        or "." in arguments
        or _has(_options(arguments), "-p", "--patch", "--ours", "--theirs")
    ):
        return "discard"
    return "switch"


def _switch(arguments: Sequence[str]) -> str | None:
    return "switch" if arguments else None


def _worktree(arguments: Sequence[str]) -> str | None:
    match _names(arguments)[:1]:
        case [] | ["list"] | ["lock"] | ["unlock"]:
            return None
        case ["remove"]:
            return "discard"
    return "refs"


_CONFIG_READING = word_set("""
    --get --get-all --get-regexp --get-urlmatch --list -l --get-color --get-colorbool
""")
_CONFIG_WRITING = word_set("--unset --unset-all --edit -e --add --replace-all")


def _config(arguments: Sequence[str]) -> str | None:
    options, names = _options(arguments), _names(arguments)
    if names[:1] in (["get"], ["list"], ["get-color"]) or _has(options, *_CONFIG_READING):
        return None
    if names[:1] in (["set"], ["unset"], ["rename-section"], ["remove-section"], ["edit"]):
        names = [*names[1:], ""]
    elif len(names) < 2 and not _has(options, *_CONFIG_WRITING):
        return None
    if any(unguards(name) or name.lower().startswith(("alias.", "core.worktree")) for name in names[:1]):
        return "unguard"
    return None if _has(options, "--global", "--file", "-f") else "internals"


def _fetch(arguments: Sequence[str]) -> str | None:
    moving = any(":" in word and not re.match(r"(\w+://|[\w.-]+@|/)", word) for word in _names(arguments)[1:])
    return "refs" if moving else None


def _merge(arguments: Sequence[str]) -> str | None:
    options = _options(arguments)
    return "discard" if _has(options, "--abort", "--quit") else "commit" if arguments else None


def _symbolic_ref(arguments: Sequence[str]) -> str | None:
    return "refs" if len(_names(arguments)) > 1 or _has(_options(arguments), "-d", "--delete") else None


def _read_tree(arguments: Sequence[str]) -> str | None:
    return "discard" if _has(_options(arguments), "-u", "--reset") else None


def _verb(*harmless: str, kind: str = "refs") -> Callable[[Sequence[str]], str | None]:
    """A command whose first word says what it does."""

    def verdict(arguments: Sequence[str]) -> str | None:
        names = _names(arguments)
        return None if not names or names[0] in harmless else kind

    return verdict


def _remote(arguments: Sequence[str]) -> str | None:
    names = _names(arguments)
    return None if not names or names[0] in ("show", "get-url", "update") else "internals"


def _reflog(arguments: Sequence[str]) -> str | None:
    return "refs" if _names(arguments)[:1] in (["expire"], ["delete"], ["drop"]) else None


def _submodule(arguments: Sequence[str]) -> str | None:
    return None if _names(arguments)[:1] in ([], ["status"], ["summary"], ["foreach"]) else "discard"


Verdict = str | Callable[[Sequence[str]], str | None]

_COMMITTING = word_set("""
    commit commit-tree cherry-pick revert am rebase pull citool gui filter-branch filter-repo
    fast-import svn p4 cvsimport quiltimport absorb subtree flow
""")

VERDICTS: dict[str, Verdict] = {
    **dict.fromkeys(_COMMITTING, "commit"),
    "merge": _merge,
    "push": "push",
    "send-pack": "push",
    "http-push": "push",
    "stash": _stash,
    "reset": _reset,
    "restore": _restore,
    "clean": _clean,
    "rm": _rm,
    "read-tree": _read_tree,
    "checkout-index": "discard",
    "sparse-checkout": _verb("list", "check-rules", kind="discard"),
    "submodule": _submodule,
    "bisect": _verb("log", "view", "visualize", "help", kind="switch"),
    "checkout": _checkout,
    "switch": _switch,
    "branch": _listing(*_FILTERS, "--show-current"),
    "tag": _listing(*_FILTERS, "-v", "--verify"),
    "update-ref": "refs",
    "symbolic-ref": _symbolic_ref,
    "replace": _listing("-l", "--list"),
    "notes": _verb("list", "show", "get-ref"),
    "reflog": _reflog,
    "fetch": _fetch,
    "worktree": _worktree,
    "remote": _remote,
    "config": _config,
}
"""git's command → the kind of harm, or what tells it from the arguments; what is not here passes."""

READING = word_set("""
    add apply archive blame bundle cat-file check-ignore clone count-objects describe diff
    diff-files diff-index diff-tree for-each-ref format-patch fsck gc grep hash-object help init
    log ls-files ls-remote ls-tree merge-base merge-file merge-tree mktree mv name-rev
    range-diff rev-list rev-parse shortlog show show-ref status update-index var version
    write-tree
""")
"""Commands of git's own that pass, and that no alias can take the place of."""
