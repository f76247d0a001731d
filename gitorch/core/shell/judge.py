"""Whether a shell command may run in the worktree of an open build: what it would start, looked through."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gitorch.core.shell import git
from gitorch.core.shell.parse import UNKNOWN, Command, commands, moved, within
from gitorch.core.shell.verdicts import Refusal

_DEPTH = 8
"""So many shells, aliases and wrappers are looked through, one inside of the other."""

SHELLS = {"sh", "bash", "dash", "zsh", "ksh", "ash", "fish"}

_WRITING = git.word_set("""
    rm unlink rmdir mv cp ln tee touch chmod chown truncate install mkdir dd rsync shred sed perl patch
""")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command is to run: the worktree's `root` and the folder, both absolute.

    `aliases` are git's (`alias.*`, in lower case); `others` are paths from the root that other workers claim.
    """

    root: str
    folder: str | None
    aliases: Mapping[str, str] = field(default_factory=dict)
    others: frozenset[str] = frozenset()


def judge(text: str, place: Place) -> Refusal | None:
    """The first harm that the shell command `text` would do in `place`; None where it may run.

    Pure and total: never raises, whatever the text is.
    """
    return _first(_judge_text(text, place, place.folder, 0))


def judge_words(words: Sequence[str], place: Place, sets: Mapping[str, str] | None = None) -> Refusal | None:
    """The same for one command whose words are known, and the variables that are set for it."""
    return _first(_judge(Command(tuple(words), sets or {}, folder=place.folder), place, 0))


def _first(found: Iterator[Refusal]) -> Refusal | None:
    return next(found, None)


def _judge_text(text: str, place: Place, folder: str | None, depth: int) -> Iterator[Refusal]:
    if depth > _DEPTH:
        return
    made: set[str] = set()  # repositories that the text itself makes
    for command in commands(text, folder):
        line = _as_git(command.words)
        if line and line.command in ("init", "clone"):
            made.add(command.folder or UNKNOWN)
        elif not (line and (command.folder or UNKNOWN) in made):
            yield from _judge(command, place, depth)


def _as_git(words: Sequence[str]) -> git.GitLine | None:
    return git.read_git(words[1:]) if words and _base(words[0]) == "git" else None


def _base(word: str) -> str:
    return word.rpartition("/")[2]


def _judge(command: Command, place: Place, depth: int) -> Iterator[Refusal]:
    if depth > _DEPTH:
        return
    name = _base(command.words[0]) if command.words else ""
    yield from _judge_writes(command, place)
    if line := _as_git(command.words):
        yield from _judge_git(line, command, place, depth)
    elif name.startswith("git-") and name != "git-orch":
        yield from _judge(moved(command, ["git", name[4:], *command.words[1:]]), place, depth + 1)
    elif name in SHELLS or name in ("source", ".", "eval"):
        yield from _judge_shell(name, command, place, depth)
    elif name in WRAPPERS:
        for inner in WRAPPERS[name](command):
            yield from _judge(inner, place, depth + 1)
    if name in ("export", "declare", "typeset", "local", "readonly", "unset"):
        yield from _judge_environment(command)
    if name in ("rm", "unlink", "shred", "find"):
        yield from _judge_deletion(name, command, place)


def _judge_git(line: git.GitLine, command: Command, place: Place, depth: int) -> Iterator[Refusal]:
    shown = " ".join(["git", line.command, *line.arguments[:1]]).replace(UNKNOWN, "…").strip()
    folder = command.folder
    for step in (*line.folders, *([command.sets["GIT_DIR"]] if "GIT_DIR" in command.sets else ())):
        folder = within(folder, step)
    if line.elsewhere:
        folder = within(folder, line.elsewhere)
    meaning = git.expanded(line, place.aliases)
    if isinstance(meaning, str):
        yield from _judge_text(meaning, place, place.root, depth + 1)
        return
    if meaning:
        inner = ["git", *_given(command.words, line), *meaning]
        yield from _judge(moved(command, inner), place, depth + 1)
        return
    kind = git.judge_git(line)
    hidden = [name for name in command.sets if git.environment_unguards(name)]
    if kind is None and hidden and line.command:
        kind = "unguard"
    if line.command == "submodule" and line.arguments[:1] == ("foreach",):
        yield from _judge_text(" ".join(line.arguments[1:]), place, folder, depth + 1)
    if kind and not _is_elsewhere(folder, place.root):
        yield Refusal(kind, shown)


def _given(words: Sequence[str], line: git.GitLine) -> Sequence[str]:
    """git's own options, as they stand before its command."""
    return words[1 : len(words) - len(line.arguments) - 1]


def _is_elsewhere(folder: str | None, root: str) -> bool:
    """Whether a folder is known, and outside of the worktree."""
    return folder is not None and folder != root and not folder.startswith(f"{root.rstrip('/')}/")


def _judge_shell(name: str, command: Command, place: Place, depth: int) -> Iterator[Refusal]:
    words = command.words[1:]
    if name == "eval":
        yield from _judge_text(" ".join(words), place, command.folder, depth + 1)
        return
    given = [at for at, word in enumerate(words) if re.fullmatch(r"-[a-zA-Z]*c[a-zA-Z]*", word)]
    if given and name in SHELLS:
        left = [word for word in words[given[0] + 1 :] if not word.startswith(("-", "+"))]
        if left:
            yield from _judge_text(left[0], place, command.folder, depth + 1)
    elif command.stdin:
        yield from _judge_text(command.stdin, place, command.folder, depth + 1)


def _judge_environment(command: Command) -> Iterator[Refusal]:
    names = [word.partition("=")[0] for word in command.words[1:]] + list(command.sets)
    removing = command.words[0] == "unset"
    for name in names:
        if git.environment_unguards(name) and (removing or command.words[0] != "unset"):
            yield Refusal("unguard", f"{command.words[0]} {name}")


def _judge_writes(command: Command, place: Place) -> Iterator[Refusal]:
    """What is below `.git` is nobody's to write."""
    places = [*command.writes]
    name = _base(command.words[0]) if command.words else ""
    in_place = name not in ("sed", "perl") or any(
        re.match(r"-\w*i|--in-place", word) for word in command.words[1:]
    )
    if name in _WRITING and in_place:
        targets = [word.removeprefix("of=") for word in command.words[1:] if not word.startswith("-")]
        places += targets[-1:] if name in ("cp", "ln", "install", "rsync") else targets
    for word in places:
        path = within(command.folder, word) or word
        inside = path.removeprefix(f"{place.root.rstrip('/')}/")
        if (inside != path or not path.startswith("/")) and re.match(r"(.*/)?\.git(/|$)", inside):
            yield Refusal("internals", f"{name} {word}".replace(UNKNOWN, "…").strip())


def _judge_deletion(name: str, command: Command, place: Place) -> Iterator[Refusal]:
    words = command.words[1:]
    if name == "find" and "-delete" not in words:
        return
    folders = name == "find" or any(re.match(r"-\w*[rR]|--recursive", word) for word in words)
    names = [word for word in words if not word.startswith("-")]
    if name == "find":
        names = list(
            words[: next((at for at, word in enumerate(words) if word[:1] in "-(!"), len(words))]
        ) or ["."]
    for word in names:
        path = within(command.folder, re.sub(r"/?\*+$", "", word) or ".")
        if path is None:
            continue
        inside = "" if path == place.root else path.removeprefix(f"{place.root.rstrip('/')}/")
        if inside == path and path != place.root and not place.root.startswith(f"{path.rstrip('/')}/"):
            continue  # outside
        above = inside == path or not inside
        for other in place.others:
            if other == inside or (folders and (above or other.startswith(f"{inside}/"))):
                yield Refusal("claimed", f"{name} {word}")
                break


def _skipping(*with_value: str, numbers: int = 0) -> Callable[[Command], Iterator[Command]]:
    """A wrapper: its options (those `with_value` take a word), so many words of its own, then a command."""

    def inner(command: Command) -> Iterator[Command]:
        words, place = command.words, 1
        while place < len(words) and words[place].startswith("-") and words[place] != "--":
            place += 2 if words[place] in with_value else 1
        place += words[place : place + 1] == ("--",)
        rest = words[place + numbers :]
        if rest:
            yield moved(command, rest)

    return inner


def _env(command: Command) -> Iterator[Command]:
    words, sets, place = command.words, dict(command.sets), 1
    while place < len(words):
        word = words[place]
        if word in ("-u", "--unset", "-C", "--chdir") and place + 1 < len(words):
            if word.startswith(("-u", "--u")):
                sets[words[place + 1]] = ""
            place += 1
        elif word in ("-S", "--split-string") and place + 1 < len(words):
            yield from commands(words[place + 1], command.folder)
            return
        elif "=" in word and not word.startswith("-"):
            name, _, value = word.partition("=")
            sets[name] = value
        elif not word.startswith("-"):
            break
        place += 1
    if place < len(words):
        yield moved(command, words[place:], sets=sets)


def _find(command: Command) -> Iterator[Command]:
    words = list(command.words)
    while starts := [at for at, word in enumerate(words) if word in ("-exec", "-execdir", "-ok", "-okdir")]:
        words = words[starts[0] + 1 :]
        ends = [at for at, word in enumerate(words) if word in (";", "+", "\\;")]
        yield moved(command, words[: ends[0]] if ends else words)


_XARGS = (
    "-I",
    "-n",
    "-P",
    "-L",
    "-d",
    "-E",
    "-s",
    "-a",
    "--max-args",
    "--max-procs",
    "--delimiter",
    "--arg-file",
)


def _xargs(command: Command) -> Iterator[Command]:
    for inner in _skipping(*_XARGS)(command):
        yield moved(inner, (*inner.words, UNKNOWN))


WRAPPERS: Mapping[str, Callable[[Command], Iterator[Command]]] = {
    "env": _env,
    "find": _find,
    "xargs": _xargs,
    "parallel": _xargs,
    "command": _skipping(),
    "builtin": _skipping(),
    "exec": _skipping("-a"),
    "nohup": _skipping(),
    "setsid": _skipping(),
    "time": _skipping("-f", "-o"),
    "nice": _skipping("-n"),
    "ionice": _skipping("-c", "-n"),
    "stdbuf": _skipping("-i", "-o", "-e"),
    "timeout": _skipping("-s", "-k", "--signal", "--kill-after", numbers=1),
    "sudo": _skipping("-u", "-g", "-C", "-D"),
    "doas": _skipping("-u"),
    "busybox": _skipping(),
    "chronic": _skipping(),
    "unbuffer": _skipping(),
    "strace": _skipping("-o", "-e", "-p", "-s"),
    "watch": _skipping("-n", "--interval"),
    "flock": _skipping("-w", "-E", numbers=1),
}
"""Programs that start the command behind their own words."""
