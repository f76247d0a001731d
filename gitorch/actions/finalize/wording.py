"""The words of the build commit: composed or the person's own, then through the hooks and the editor.

Writes one file below the git directory, which is kept only where it holds an edit that did not land.
"""

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gitorch.actions.finalize.prepare import Order, Prepared
from gitorch.adapters.files import write_atomically
from gitorch.adapters.git import hooks
from gitorch.adapters.git.index import PrivateIndex
from gitorch.adapters.git.objects import authors_not_in, trailers_of
from gitorch.adapters.git.repository import Repository
from gitorch.core import hints
from gitorch.core.changes import Verdict
from gitorch.core.errors import GitorchError, bad_input
from gitorch.core.issue import Hint
from gitorch.core.message import compose, own_trailers, trailers, with_trailers
from gitorch.core.text import clean, one_line, plain_output, typed

HOOKS = ("prepare-commit-msg", "commit-msg")
"""The hooks that see the message before it is committed."""

_COMMENT = ("-c", "core.commentChar=#")
_CLEANUPS_THAT_KEEP = ("whitespace", "verbatim", "scissors")
"""With these settings of commit.cleanup git keeps the comments of an edited message (git-commit(1))."""

_ADVICE = """\
This is the message of the build's one commit. Lines that begin with '{mark}' are left out,
the Gitorch- trailers are put back, and an empty message commits nothing.
"""

_EDIT = Hint("edit the message", "gitorch finalize --edit")


@dataclass(frozen=True, slots=True)
class Wording:
    """What the person wants of the message: to edit it, or `text` of their own instead of ours."""

    edit: bool = False
    text: str | None = None


def own_words(given: bytes | None, *, edit: bool) -> Wording | None:
    """The wish that a person's options say; None without one. GitorchError (exit 2) for an unusable text."""
    if given is None:
        return Wording(edit=True) if edit else None
    try:
        own = clean(given.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        text = f"the message is not UTF-8 at byte {error.start}"
        raise bad_input("bad-commit-message", text, hints=[_EDIT]) from error
    if not own.strip():
        raise bad_input("bad-commit-message", "the message is empty", hints=[_EDIT])
    return Wording(edit, own)


@dataclass(frozen=True, slots=True)
class Words:
    """The message of one finalize; hooks and editor run once for the same draft, however often asked."""

    order: Order
    wording: Wording
    tell: Callable[[str], None]
    pause: Callable[[], None]
    settled: dict[str, str] = field(default_factory=dict)

    @property
    def take_time(self) -> bool:
        """Whether an editor or a hook has a say, which is asked with no lock held."""
        return self.wording.edit or hooks.exists(self.order.repo, HOOKS)

    @property
    def path(self) -> Path:
        """The text while this process works on it: another finalize here has one of its own."""
        return self.order.repo.private / f"MESSAGE.{os.getpid()}"

    @property
    def kept(self) -> Path:
        """Where a text is that the person edited and that did not land."""
        return self.order.repo.private / "MESSAGE"

    def of(self, final: Prepared, verdicts: Sequence[Verdict], index: PrivateIndex) -> str:
        """The message for this tree, which the hooks find in `index`.

        GitorchError when a hook refuses, the editor fails, the message is empty or has lost its trailers;
        what the person wrote is kept then, as it is when KeyboardInterrupt passes.
        """
        policy, base = self.order.policy.config.message, self.order.base
        ours = trailers(final.state, base, policy, authors := _authors(self.order))
        if self.wording.text is None:
            draft = compose(final.state, verdicts=verdicts, base=base, policy=policy, authors=authors)
        else:
            draft = with_trailers(_tidy(self.order.repo, self.wording.text), ours)
        if draft not in self.settled:
            self.settled[draft] = self._settle(draft, ours, index)
        return self.settled[draft]

    def done(self) -> None:
        """No text has to be kept; one that cannot be deleted does no harm."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def landed(self) -> None:
        """The message is in the commit; a kept text that it was made from has done its work."""
        self.done()
        with contextlib.suppress(OSError):
            if clean(self.kept.read_bytes().decode("utf-8-sig", "replace")) == self.wording.text:
                self.kept.unlink()

    def hints(self) -> list[Hint]:
        """How to use the text again that the person edited and that did not land, if there is one."""
        if not (self.wording.edit and self.path.exists()):
            return []
        self.path.replace(self.kept)
        slug = self.order.build.slug
        again = f"gitorch finalize --project {slug} --message {typed(str(self.kept))} --edit"
        return [Hint("go on with the message that you wrote", again)]

    def _settle(self, draft: str, ours: Sequence[str], index: PrivateIndex) -> str:
        """As git commit does: prepare-commit-msg, the editor, commit-msg."""
        repo, edited = self.order.repo, self.wording.edit
        env = {"GIT_INDEX_FILE": str(index.path), **({} if edited else {"GIT_EDITOR": ":"})}
        given = None  # what the person has got to edit
        strip = edited and repo.config("commit.cleanup") not in _CLEANUPS_THAT_KEEP
        comment, advice = _advice(repo, draft) if strip else (_COMMENT, "")
        self._write(draft + advice)
        try:
            self._hook("prepare-commit-msg", "message", env=env)
            if edited:
                given = self._read()
                self.pause()
                hooks.edit(repo, self.path)
            text = self._read()
            if text != draft or self.wording.text is not None:  # what we composed is tidy, and has them
                text = with_trailers(_tidy(repo, text, strip=strip, comment=comment), ours)
                if not text:
                    self.done()
                    text = "the message is empty; nothing was committed"
                    raise GitorchError("bad-commit-message", text, hints=[_EDIT])
                self._check(text, ours, "the message's last paragraph hides or changes")
                self._write(text)
            self._hook("commit-msg", env=env)
            final = self._read()
            if final != text:
                final = _tidy(repo, final, strip=strip, comment=comment)
                if not final:
                    text = "the hook commit-msg left the message empty; nothing was committed"
                    raise GitorchError("refused-by-hook", text, hints=[_EDIT])
                self._check(final, ours, "the hook commit-msg removed or changed")
            return final
        finally:
            if given is None or self._read() == given:
                self.done()

    def _hook(self, name: str, *arguments: str, env: dict[str, str]) -> None:
        done = hooks.run_hook(self.order.repo, name, str(self.path), *arguments, env=env)
        said = plain_output(done.stderr + done.stdout).strip("\n").splitlines()
        if not done.ok:
            edit = f"gitorch finalize --project {self.order.build.slug} --edit"
            text = (
                f"the hook {name} refused the message with exit status {done.status}; nothing was committed"
            )
            raise GitorchError(
                "refused-by-hook", text, details=said[-40:], hints=[Hint("edit the message", edit)]
            )
        for line in said:
            self.tell(f"{name}: {line}")

    def _check(self, text: str, ours: Sequence[str], who: str) -> None:
        """Git has to read our trailers in `text` as they are, or `gitorch verify` would refuse the commit."""
        wanted = own_trailers(ours)
        found = own_trailers(f"{key}: {value}" for key, value in trailers_of(self.order.repo, text))
        if found != wanted:
            last = text.rstrip("\n").rpartition("\n\n")[2]
            raise GitorchError(
                "missing-trailers",
                f"{who} the trailers that name the build; nothing was committed",
                details=[
                    "expected in the last paragraph, with nothing but trailers beside them:",
                    *(f"  {line}" for line in wanted),
                    "found:",
                    *(f"  {one_line(line)}" for line in last.split("\n")[:20]),
                ],
                hints=[hints.finalize(self.order.build.slug, "try again after a fix")],
            )

    def _read(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            return clean(self.path.read_bytes().decode("utf-8", "replace"))
        return ""

    def _write(self, text: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path, text.encode("utf-8", "replace"))


def after_commit(repo: Repository) -> list[str]:
    """Run post-commit; what it printed. Its failure changes nothing, as for git, and Ctrl-C ends it alone."""
    try:
        done = hooks.run_hook(repo, "post-commit")
    except OSError as error:
        return [f"note: the hook post-commit could not be run: {error}"]
    except KeyboardInterrupt:
        return ["note: the hook post-commit was interrupted"]
    lines = plain_output(done.stderr + done.stdout).strip("\n").splitlines()
    failure = [] if done.ok else [f"note: the hook post-commit ended with exit status {done.status}"]
    return [*(f"post-commit: {line}" for line in lines), *failure]


def _advice(repo: Repository, draft: str) -> tuple[Sequence[str], str]:
    """What marks a comment beside `draft`, as options for git, and what the person is told in comments.

    It is what their settings say (core.commentChar, core.commentString), unless a line of the draft
    begins so: none that we compose begins with '#'.
    """

    def commented(text: str, options: Sequence[str]) -> str:
        return repo.run(*options, "stripspace", "--comment-lines", stdin=text.encode()).text

    mark = commented("x", ()).removesuffix(" x")
    options: Sequence[str] = ()
    if any(line.startswith(mark) for line in draft.split("\n")):
        mark, options = "#", _COMMENT
    return options, f"\n{commented(_ADVICE.format(mark=mark), options)}\n"


def _tidy(repo: Repository, text: str, *, strip: bool = False, comment: Sequence[str] = _COMMENT) -> str:
    """`text` as git cleans a message: white space, and with `strip` the lines that `comment` marks."""
    options = ["--strip-comments"] if strip else []
    tidied = repo.run(*comment, "stripspace", *options, stdin=text.encode("utf-8", "replace"))
    return tidied.stdout.decode("utf-8", "replace")


def _authors(order: Order) -> tuple[str, ...]:
    """Who made the commits that are absorbed."""
    if order.tip == order.base:
        return ()
    return tuple(authors_not_in(order.repo, order.tip, [order.base]))
