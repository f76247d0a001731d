"""The build commit's words and signature: hooks, editor, own text, template, keys. All of them real."""

import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions.opened import SLUG, finalize, refused
from tests.actions.worded import LINT, hook, interrupted, message, ours, picture, ready, trailers
from tests.support import git, orch, run, write

CHANGE_ID = """#!/bin/sh
# As Gerrit's: one Change-Id, in the last paragraph, made from what is to be committed.
id=$( (git write-tree; cat "$1") | git hash-object --stdin)
git interpret-trailers --in-place --if-exists doNothing --trailer "Change-Id: I$id" "$1"
echo "added I$id"
"""


def test_a_commit_msg_hook_adds_its_change_id_and_what_it_says_is_told(repo: Path) -> None:
    hook(repo, "commit-msg", CHANGE_ID)
    base = ready(repo)
    ran = finalize(repo)
    assert ran.status == 0, ran.err
    *first, last = trailers(repo)
    assert first == ours(base)
    assert last.startswith("Change-Id: I")
    assert f"commit-msg: added {last.removeprefix('Change-Id: ')}" in ran.err
    assert not (repo / ".git" / "gitorch" / "MESSAGE").exists()


@pytest.mark.parametrize(
    "body",
    [
        """printf 'own\\n' > "$1" """,
        """sed -i s/W1.1$/W1.2/ "$1" """,
        """printf 'prose\\n' >> "$1" """,
        """printf 'Gitorch-Worker: W9.9\\n' >> "$1" """,
    ],
)
def test_a_hook_that_takes_the_trailers_out_is_told_and_nothing_lands(repo: Path, body: str) -> None:
    hook(repo, "commit-msg", f"#!/bin/sh\n{body}\n")
    base = ready(repo)
    orch(repo, "sync")
    before = picture(repo)
    ran = finalize(repo)
    assert ran.status == 1
    assert "error: the hook commit-msg took out or changed the trailers by which" in ran.err
    assert f"    Gitorch-Base: {base}\n" in ran.err
    assert picture(repo) == before


def test_prepare_commit_msg_may_replace_the_message_and_not_the_trailers(repo: Path) -> None:
    hook(repo, "prepare-commit-msg", """#!/bin/sh\nprintf 'own\\n' > "$1"\n""")
    base = ready(repo)
    assert finalize(repo).status == 0
    assert message(repo) == "\n".join(["own", "", *ours(base), ""])


def test_the_hooks_find_the_tree_that_will_be_committed_in_their_index(repo: Path) -> None:
    hook(repo, "commit-msg", '#!/bin/sh\necho "tree $(git write-tree)"\n')
    ready(repo)
    ran = finalize(repo)
    assert f"commit-msg: tree {git(repo, 'rev-parse', 'HEAD^{tree}')}" in ran.err


def test_a_hook_that_refuses_the_message_leaves_everything_as_it_was(repo: Path) -> None:
    hook(repo, "commit-msg", LINT)
    ready(repo)
    orch(repo, "sync")
    before = picture(repo)
    ran = finalize(repo)
    assert ran.status == 1
    assert "the hook commit-msg refused the message (exit status 1); nothing was committed" in ran.err
    assert "type must be one of [feat, fix]" in ran.err
    assert f"hint: gitorch finalize --project {SLUG} --edit" in ran.err
    assert picture(repo) == before
    assert finalize(repo, "--message", "-").status == 2
    write(repo.parent / "words", "feat: a calendar\n")
    assert finalize(repo, "--message", str(repo.parent / "words")).status == 0
    assert message(repo).startswith("feat: a calendar\n\nGitorch-Build: ")


def test_a_configured_subject_satisfies_the_same_linter(repo: Path) -> None:
    ready(repo, "message: {subject: 'feat({slug}): {name}'}\n")
    hook(repo, "commit-msg", LINT)
    assert finalize(repo).status == 0
    assert message(repo).startswith("feat(calendar-v2): Calendar\n")


def test_prepare_commit_msg_runs_before_and_post_commit_after_the_commit(repo: Path) -> None:
    hook(
        repo, "prepare-commit-msg", '#!/bin/sh\necho "$2 $GIT_EDITOR" > ../prepared\nsed -i 1s/^/X-1/ "$1"\n'
    )
    hook(
        repo, "post-commit", "#!/bin/sh\ngit log -1 --format=%s\ngitorch=$(git status --porcelain)\nexit 3\n"
    )
    ready(repo)
    ran = finalize(repo)
    assert ran.status == 0, ran.err
    assert (repo.parent / "prepared").read_text() == "message :\n"
    assert message(repo).startswith("X-1build(calendar-v2): Calendar\n")
    assert "post-commit: X-1build(calendar-v2): Calendar" in ran.err
    assert "note: the hook post-commit ended with exit status 3" in ran.err


def test_what_a_hook_or_a_signing_program_leaves_in_the_background_is_not_waited_for(repo: Path) -> None:
    ready(repo)
    os.mkfifo(repo.with_name("held"))
    leave = "#!/bin/sh\n(read -r end < ../held) 2> /dev/null &\necho $! >> ../left\n"
    for name in ("commit-msg", "post-commit"):
        hook(repo, name, f"{leave}echo and ended\n")
    key, program = repo.with_name("key"), repo.with_name("program")
    assert run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key), cwd=repo).status == 0
    write(program, f'{leave}exec ssh-keygen "$@"\n').chmod(0o755)
    for setting in ("gpg.format ssh", f"user.signingkey {key}", f"gpg.ssh.program {program}"):
        git(repo, "config", *setting.split(" ", 1))
    git(repo, "config", "commit.gpgsign", "true")
    try:
        ran = finalize(repo)
        assert ran.status == 0, ran.err
        assert "commit-msg: and ended\n" in ran.err
        assert "post-commit: and ended\n" in ran.err
    finally:
        left = list(map(int, repo.with_name("left").read_text().split()))
        for process in left:
            os.kill(process, signal.SIGTERM)  # ProcessLookupError, had it been waited for
    assert len(left) == 3


def test_ctrl_c_behind_the_commit_says_that_the_build_has_landed(repo: Path) -> None:
    hook(repo, "post-commit", "#!/bin/sh\nkill -INT 0\n")
    ready(repo)
    ran = interrupted(repo)
    assert (ran.status, "note: the hook post-commit was interrupted\n" in ran.err) == (0, True), ran.err
    assert ran.out.startswith(git(repo, "rev-parse", "HEAD")[:12])


def test_ctrl_c_before_all_that_follows_is_done_says_that_the_build_has_landed(repo: Path) -> None:
    git(repo, "branch", "onward")
    once = "grep -q refs/heads/onward && mkdir ../once && kill -INT 0"
    hook(repo, "reference-transaction", f"#!/bin/sh\n{once}\n:\n")
    ready(repo)
    ran = interrupted(repo, "--onto", "onward", "--json")
    commit = git(repo, "rev-parse", f"build/{SLUG}")
    said = f"interrupted, but the build has landed as {commit[:12]}"
    assert (ran.status, f"error: {said}\n" in ran.err) == (130, True), ran.err
    assert json.loads(ran.out)["error"]["message"] == said
    assert f"after its commit {commit[:12]}: completed" in orch(repo, "list").err
    assert git(repo, "rev-parse", "onward") == commit


def test_a_message_of_the_persons_own_is_used_as_it_stands(repo: Path) -> None:
    base = ready(repo)
    text = "Own words\n\n# a heading of mine\n\nGitorch-Base: forged\nReviewed-by: Ada <a@b.example>\n"
    ran = orch(repo, "finalize", "--message", "-", "--json", stdin=text)
    assert ran.status == 0, ran.err
    assert message(repo).startswith("Own words\n\n# a heading of mine\n\nReviewed-by: Ada <a@b.example>\n")
    assert trailers(repo) == ["Reviewed-by: Ada <a@b.example>", *ours(base)]


def test_the_template_of_the_configuration_writes_the_message(repo: Path) -> None:
    template = (
        "message:\n  template: |\n    {{ subject }}\n\n    Done by:\n    {% for w in workers %}\n"
        "    {{ w.id }} {{ w.title }}\n    {{ w.summary }}\n    {% endfor %}\n\n"
        "    Told-by: {{ workers[0].summary }}\n"  # looks like a trailer, and must not become one
    )
    base = ready(repo, template)
    assert finalize(repo).status == 0
    assert message(repo) == "\n".join(
        [
            "build(calendar-v2): Calendar",
            "",
            "Done by:",
            "W1.1 Schema",
            "> W1.1 is done.",
            "W2.1 Views",
            "> W2.1 is done.",
            "",
            "Told-by: W1.1 is done.",
            "",
            *ours(base),
            "",
        ]
    )
    assert trailers(repo) == ours(base)


def test_a_template_that_cannot_be_filled_is_told_before_any_validator_runs(repo: Path) -> None:
    config = "validators:\n- {name: late, command: 'touch ../ran'}\nmessage: {template: '{{ nothing }}'}\n"
    ready(repo, config)
    ran = finalize(repo)
    assert ran.status == 2
    assert "message.template cannot be filled: 'nothing' is undefined" in ran.err
    assert not (repo.parent / "ran").exists()


@pytest.fixture
def gpg_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A key ring of its own; the path is short, since the agent's socket lies in it."""
    home = Path(tempfile.mkdtemp(prefix="gpg-", dir="/tmp"))
    monkeypatch.setenv("GNUPGHOME", str(home))
    yield home
    run("gpgconf", "--homedir", str(home), "--kill", "all", cwd=home)
    shutil.rmtree(home, ignore_errors=True)


@pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")
def test_a_commit_signed_with_a_gpg_key_is_verified_by_git(repo: Path, gpg_home: Path) -> None:
    made = (
        "--batch",
        "--passphrase",
        "",
        "--quick-gen-key",
        "C O Mitter <committer@example.com>",
        "ed25519",
        "sign",
    )
    assert run("gpg", *made, cwd=repo).status == 0
    ready(repo)
    git(repo, "config", "gpg.format", "openpgp")
    git(repo, "config", "user.signingkey", "committer@example.com")
    git(repo, "config", "commit.gpgsign", "true")
    ran = finalize(repo)
    assert ran.status == 0, ran.err
    verified = run("git", "verify-commit", "HEAD", cwd=repo)
    assert (verified.status, "Good signature" in verified.err) == (0, True), verified.err


@pytest.mark.parametrize("setting", ["true", "false"])
def test_a_commit_is_signed_with_an_ssh_key_where_the_settings_say_so(repo: Path, setting: str) -> None:
    ready(repo)
    key = repo.with_name("key")
    assert run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key), cwd=repo).status == 0
    signers = write(repo.with_name("signers"), f"committer@example.com {key.with_suffix('.pub').read_text()}")
    for name, value in (
        ("gpg.format", "ssh"),
        ("gpg.ssh.allowedSignersFile", str(signers)),
        ("user.signingkey", str(key)),
        ("commit.gpgsign", setting),
    ):
        git(repo, "config", name, value)
    assert finalize(repo).status == 0
    verified = run("git", "verify-commit", "HEAD", cwd=repo)
    assert (verified.status == 0) is (setting == "true"), verified.err
    assert ("Good" in verified.err) is (setting == "true")


def test_a_signature_that_git_log_shows_gets_into_no_message(repo: Path) -> None:
    base = ready(repo)
    key = repo.with_name("key")
    assert run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key), cwd=repo).status == 0
    for name, value in (
        ("gpg.format", "ssh"),
        ("user.signingkey", str(key)),
        ("commit.gpgsign", "true"),
        ("log.showSignature", "true"),
    ):
        git(repo, "config", name, value)
    author = {"GIT_AUTHOR_NAME": "Rogue", "GIT_AUTHOR_EMAIL": "rogue@example.com"}
    signed = ("git", "commit-tree", "-S", "-p", "HEAD", "-m", "sneaked in", "HEAD^{tree}")
    write(repo / ".git" / "refs" / "heads" / "build" / SLUG, run(*signed, cwd=repo, env=author).out)
    assert "1 commits that finalize did not make" in finalize(repo).err
    ran = finalize(repo, "--absorb")
    assert (ran.status, "ignature" in ran.out + ran.err) == (0, False), ran.out + ran.err
    assert f"{git(repo, 'rev-parse', 'HEAD')[:12]} build({SLUG}): " in ran.out + ran.err
    found = (
        git(repo, "log", "-1", "--no-show-signature", "--format=%(trailers:only,unfold)").strip().split("\n")
    )
    assert found == [*ours(base), "Co-authored-by: Rogue <rogue@example.com>"]


def test_a_commit_that_cannot_be_signed_is_not_made(repo: Path) -> None:
    ready(repo)
    for name, value in (("gpg.format", "ssh"), ("user.signingkey", "/no/key"), ("commit.gpgsign", "true")):
        git(repo, "config", name, value)
    head = git(repo, "rev-parse", "HEAD")
    ran = finalize(repo)
    assert ran.status == 1
    assert "the commit could not be signed; nothing was committed" in ran.err
    assert git(repo, "rev-parse", "HEAD") == head


def test_a_setting_for_signatures_that_git_cannot_read_is_refused_before_any_validator(repo: Path) -> None:
    ready(repo, "validators:\n- {name: late, command: 'touch ../ran'}\n")
    git(repo, "config", "commit.gpgsign", "maybe")
    refused(repo, says="git cannot tell whether the commit is to be signed; nothing was committed")
    assert not repo.with_name("ran").exists()


@pytest.mark.parametrize(
    ("variable", "value", "hint"),
    [
        ("GIT_AUTHOR_DATE", "garbage", "unset GIT_AUTHOR_DATE"),
        ("GIT_COMMITTER_NAME", "", "unset GIT_COMMITTER_NAME"),
        ("GIT_AUTHOR_NAME", ".", "unset GIT_AUTHOR_NAME"),
        ("GIT_AUTHOR_EMAIL", None, "git config user.name NAME && git config user.email ADDRESS"),
    ],
)
def test_whom_git_cannot_name_is_told_with_what_helps(
    repo: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str | None, hint: str
) -> None:
    ready(repo)
    if value is None:
        git(repo, "config", "user.useConfigOnly", "true")
        monkeypatch.delenv(variable)
    else:
        monkeypatch.setenv(variable, value)
    ran = finalize(repo)
    assert (ran.status, f"hint: {hint}\n" in ran.err) == (1, True), ran.err


def test_author_and_committer_are_those_of_the_settings(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ready(repo)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{role}_NAME")
        monkeypatch.delenv(f"GIT_{role}_EMAIL")
    for name, value in (
        ("user.name", "Ada"),
        ("user.email", "ada@b.example"),
        ("author.name", "Grace"),
        ("committer.email", "ci@b.example"),
    ):
        git(repo, "config", name, value)
    assert finalize(repo).status == 0
    who = git(repo, "log", "-1", "--format=%an <%ae>, %cn <%ce>")
    assert who == "Grace <ada@b.example>, Ada <ci@b.example>"


def test_a_build_without_a_commit_has_none_to_word(repo: Path) -> None:
    ran = orch(
        repo,
        "init",
        "--project",
        "words",
        "--type",
        "content",
        "--plan-file",
        "-",
        stdin='{"name": "x", "workers": [{"id": "a", "component": "a", "description": "b"}]}',
    )
    assert ran.status == 0, ran.err
    ran = finalize(repo, "--edit")
    assert (ran.status, "it makes no commit" in ran.err) == (2, True), ran.err
