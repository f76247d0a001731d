"""The build commit's words and signature: hooks, editor, own text, template, keys. All of them real."""

import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scene import SLUG, Scene, run, write

CHANGE_ID = """#!/bin/sh
# As Gerrit's: one Change-Id, in the last paragraph, made from what is to be committed.
id=$( (git write-tree; cat "$1") | git hash-object --stdin)
git interpret-trailers --in-place --if-exists doNothing --trailer "Change-Id: I$id" "$1"
echo "added I$id"
"""

LINT = """#!/bin/sh
# As commitlint does: type and subject by Conventional Commits, and a word for who does not know them.
head -n 1 "$1" | grep -Eq '^(feat|fix)(\\(.+\\))?: ' && exit 0
echo "type must be one of [feat, fix] [type-enum]"
exit 1
"""


def ours(base: str) -> list[str]:
    """The trailers that finalize writes."""
    workers = ["Gitorch-Worker: W1.1", "Gitorch-Worker: W2.1"]
    return [f"Gitorch-Build: {SLUG}", f"Gitorch-Base: {base}", *workers]


def test_a_commit_msg_hook_adds_its_change_id_and_what_it_says_is_told(scene: Scene) -> None:
    scene.hook("commit-msg", CHANGE_ID)
    base = scene.ready_build()
    ran = scene.gitorch("finalize")
    assert ran.status == 0, ran.err
    *first, last = scene.trailers()
    assert first == ours(base)
    assert last.startswith("Change-Id: I")
    assert f"commit-msg: added {last.removeprefix('Change-Id: ')}" in ran.err
    assert not (scene / ".git/gitorch/MESSAGE").exists()


@pytest.mark.parametrize(
    "body",
    [
        """printf 'own\\n' > "$1" """,
        """sed -i s/W1.1$/W1.2/ "$1" """,
        """printf 'prose\\n' >> "$1" """,
        """printf 'Gitorch-Worker: W9.9\\n' >> "$1" """,
    ],
)
def test_a_hook_that_takes_the_trailers_out_is_told_and_nothing_lands(scene: Scene, body: str) -> None:
    scene.hook("commit-msg", f"#!/bin/sh\n{body}\n")
    base = scene.ready_build()
    scene.gitorch("sync")
    before = scene.picture()
    ran = scene.gitorch("finalize")
    assert ran.status == 1
    assert (
        "error: the hook commit-msg removed or changed the trailers that name the build; nothing was committed"
        in ran.err
    )
    assert f"    Gitorch-Base: {base}\n" in ran.err
    assert scene.picture() == before


def test_prepare_commit_msg_may_replace_the_message_and_not_the_trailers(scene: Scene) -> None:
    scene.hook("prepare-commit-msg", """#!/bin/sh\nprintf 'own\\n' > "$1"\n""")
    base = scene.ready_build()
    assert scene.gitorch("finalize").status == 0
    assert scene.message() == "\n".join(["own", "", *ours(base), ""])


def test_the_hooks_find_the_tree_that_will_be_committed_in_their_index(scene: Scene) -> None:
    scene.hook("commit-msg", '#!/bin/sh\necho "tree $(git write-tree)"\n')
    scene.ready_build()
    ran = scene.gitorch("finalize")
    assert f"commit-msg: tree {scene.git('rev-parse', 'HEAD^{tree}')}" in ran.err


def test_a_hook_that_refuses_the_message_leaves_everything_as_it_was(scene: Scene) -> None:
    scene.hook("commit-msg", LINT)
    scene.ready_build()
    scene.gitorch("sync")
    before = scene.picture()
    ran = scene.gitorch("finalize")
    assert ran.status == 1
    assert "the hook commit-msg refused the message with exit status 1; nothing was committed" in ran.err
    assert "type must be one of [feat, fix]" in ran.err
    assert f"hint: to edit the message, run: gitorch finalize --project {SLUG} --edit" in ran.err
    assert scene.picture() == before
    assert scene.gitorch("finalize", "--message", "-").status == 2
    write(scene.root.parent / "words", "feat: a calendar\n")
    assert scene.gitorch("finalize", "--message", str(scene.root.parent / "words")).status == 0
    assert scene.message().startswith("feat: a calendar\n\nGitorch-Build: ")


def test_a_configured_subject_satisfies_the_same_linter(scene: Scene) -> None:
    scene.ready_build("message: {subject: 'feat({slug}): {name}'}\n")
    scene.hook("commit-msg", LINT)
    assert scene.gitorch("finalize").status == 0
    assert scene.message().startswith("feat(calendar-v2): Calendar\n")


def test_prepare_commit_msg_runs_before_and_post_commit_after_the_commit(scene: Scene) -> None:
    scene.hook(
        "prepare-commit-msg", '#!/bin/sh\necho "$2 $GIT_EDITOR" > ../prepared\nsed -i 1s/^/X-1/ "$1"\n'
    )
    scene.hook(
        "post-commit", "#!/bin/sh\ngit log -1 --format=%s\ngitorch=$(git status --porcelain)\nexit 3\n"
    )
    scene.ready_build()
    ran = scene.gitorch("finalize")
    assert ran.status == 0, ran.err
    assert (scene.root.parent / "prepared").read_text() == "message :\n"
    assert scene.message().startswith("X-1build(calendar-v2): Calendar\n")
    assert "post-commit: X-1build(calendar-v2): Calendar" in ran.err
    assert "note: the hook post-commit ended with exit status 3" in ran.err


def test_what_a_hook_or_a_signing_program_leaves_in_the_background_is_not_waited_for(scene: Scene) -> None:
    scene.ready_build()
    os.mkfifo(scene.root.with_name("held"))
    leave = "#!/bin/sh\n(read -r end < ../held) 2> /dev/null &\necho $! >> ../left\n"
    for name in ("commit-msg", "post-commit"):
        scene.hook(name, f"{leave}echo and ended\n")
    key, program = scene.root.with_name("key"), scene.root.with_name("program")
    assert scene.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)).status == 0
    write(program, f'{leave}exec ssh-keygen "$@"\n').chmod(0o755)
    for setting in ("gpg.format ssh", f"user.signingkey {key}", f"gpg.ssh.program {program}"):
        scene.git("config", *setting.split(" ", 1))
    scene.git("config", "commit.gpgsign", "true")
    try:
        ran = scene.gitorch("finalize")
        assert ran.status == 0, ran.err
        assert "commit-msg: and ended\n" in ran.err
        assert "post-commit: and ended\n" in ran.err
    finally:
        left = list(map(int, scene.root.with_name("left").read_text().split()))
        for process in left:
            os.kill(process, signal.SIGTERM)  # ProcessLookupError, had it been waited for
    assert len(left) == 3


def test_ctrl_c_behind_the_commit_says_that_the_build_has_landed(scene: Scene) -> None:
    scene.hook("post-commit", "#!/bin/sh\nkill -INT 0\n")
    scene.ready_build()
    ran = scene.interrupted("finalize")
    assert (ran.status, "note: the hook post-commit was interrupted\n" in ran.err) == (0, True), ran.err
    assert ran.out.startswith(scene.git("rev-parse", "HEAD")[:12])


def test_ctrl_c_before_all_that_follows_is_done_says_that_the_build_has_landed(scene: Scene) -> None:
    scene.git("branch", "onward")
    once = "grep -q refs/heads/onward && mkdir ../once && kill -INT 0"
    scene.hook("reference-transaction", f"#!/bin/sh\n{once}\n:\n")
    scene.ready_build()
    ran = scene.interrupted("finalize", "--onto", "onward", "--json")
    commit = scene.git("rev-parse", f"build/{SLUG}")
    said = f"interrupted, but build {SLUG} has landed as {commit[:12]}"
    assert (ran.status, f"error: {said}\n" in ran.err) == (130, True), ran.err
    assert json.loads(ran.out)["issues"][0]["message"] == said
    assert f"after its commit {commit[:12]}: completed" in scene.gitorch("list").err
    assert scene.git("rev-parse", "onward") == commit


def test_a_message_of_the_persons_own_is_used_as_it_stands(scene: Scene) -> None:
    base = scene.ready_build()
    text = "Own words\n\n# a heading of mine\n\nGitorch-Base: forged\nReviewed-by: Ada <a@b.example>\n"
    ran = scene.gitorch("finalize", "--message", "-", "--json", stdin=text)
    assert ran.status == 0, ran.err
    assert scene.message().startswith("Own words\n\n# a heading of mine\n\nReviewed-by: Ada <a@b.example>\n")
    assert scene.trailers() == ["Reviewed-by: Ada <a@b.example>", *ours(base)]


def test_the_template_of_the_configuration_writes_the_message(scene: Scene) -> None:
    template = (
        "message:\n  template: |\n    {{ subject }}\n\n    Done by:\n    {% for w in workers %}\n"
        "    {{ w.id }} {{ w.title }}\n    {{ w.summary }}\n    {% endfor %}\n\n"
        "    Told-by: {{ workers[0].summary }}\n"  # looks like a trailer, and must not become one
    )
    base = scene.ready_build(template)
    assert scene.gitorch("finalize").status == 0
    assert scene.message() == "\n".join(
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
    assert scene.trailers() == ours(base)


def test_a_template_that_cannot_be_filled_is_told_before_any_validator_runs(scene: Scene) -> None:
    config = "validators:\n- {name: late, command: 'touch ../ran'}\nmessage: {template: '{{ nothing }}'}\n"
    scene.ready_build(config)
    ran = scene.gitorch("finalize")
    assert ran.status == 2
    assert "message.template cannot be filled: 'nothing' is undefined" in ran.err
    assert not (scene.root.parent / "ran").exists()


@pytest.fixture
def gpg_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A key ring of its own; the path is short, since the agent's socket lies in it."""
    home = Path(tempfile.mkdtemp(prefix="gpg-", dir="/tmp"))
    monkeypatch.setenv("GNUPGHOME", str(home))
    yield home
    run("gpgconf", "--homedir", str(home), "--kill", "all", cwd=home)
    shutil.rmtree(home, ignore_errors=True)


@pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")
def test_a_commit_signed_with_a_gpg_key_is_verified_by_git(scene: Scene, gpg_home: Path) -> None:
    made = (
        "--batch",
        "--passphrase",
        "",
        "--quick-gen-key",
        "C O Mitter <committer@example.com>",
        "ed25519",
        "sign",
    )
    assert scene.run("gpg", *made).status == 0
    scene.ready_build()
    scene.git("config", "gpg.format", "openpgp")
    scene.git("config", "user.signingkey", "committer@example.com")
    scene.git("config", "commit.gpgsign", "true")
    ran = scene.gitorch("finalize")
    assert ran.status == 0, ran.err
    verified = scene.run("git", "verify-commit", "HEAD")
    assert (verified.status, "Good signature" in verified.err) == (0, True), verified.err


@pytest.mark.parametrize("setting", ["true", "false"])
def test_a_commit_is_signed_with_an_ssh_key_where_the_settings_say_so(scene: Scene, setting: str) -> None:
    scene.ready_build()
    key = scene.root.with_name("key")
    assert scene.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)).status == 0
    signers = write(
        scene.root.with_name("signers"), f"committer@example.com {key.with_suffix('.pub').read_text()}"
    )
    for name, value in (
        ("gpg.format", "ssh"),
        ("gpg.ssh.allowedSignersFile", str(signers)),
        ("user.signingkey", str(key)),
        ("commit.gpgsign", setting),
    ):
        scene.git("config", name, value)
    assert scene.gitorch("finalize").status == 0
    verified = scene.run("git", "verify-commit", "HEAD")
    assert (verified.status == 0) is (setting == "true"), verified.err
    assert ("Good" in verified.err) is (setting == "true")


def test_a_signature_that_git_log_shows_gets_into_no_message(scene: Scene) -> None:
    base = scene.ready_build()
    key = scene.root.with_name("key")
    assert scene.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)).status == 0
    for name, value in (
        ("gpg.format", "ssh"),
        ("user.signingkey", str(key)),
        ("commit.gpgsign", "true"),
        ("log.showSignature", "true"),
    ):
        scene.git("config", name, value)
    author = {"GIT_AUTHOR_NAME": "Rogue", "GIT_AUTHOR_EMAIL": "rogue@example.com"}
    signed = ("git", "commit-tree", "-S", "-p", "HEAD", "-m", "sneaked in", "HEAD^{tree}")
    scene.write(f".git/refs/heads/build/{SLUG}", scene.run(*signed, env=author).out)
    assert "1 commit that finalize did not make" in scene.gitorch("finalize").err
    ran = scene.gitorch("finalize", "--absorb")
    assert (ran.status, "ignature" in ran.out + ran.err) == (0, False), ran.out + ran.err
    assert f"{scene.git('rev-parse', 'HEAD')[:12]} build({SLUG}): " in ran.out + ran.err
    found = (
        scene.git("log", "-1", "--no-show-signature", "--format=%(trailers:only,unfold)").strip().split("\n")
    )
    assert found == [*ours(base), "Co-authored-by: Rogue <rogue@example.com>"]


def test_a_commit_that_cannot_be_signed_is_not_made(scene: Scene) -> None:
    scene.ready_build()
    for name, value in (("gpg.format", "ssh"), ("user.signingkey", "/no/key"), ("commit.gpgsign", "true")):
        scene.git("config", name, value)
    head = scene.git("rev-parse", "HEAD")
    ran = scene.gitorch("finalize")
    assert ran.status == 1
    assert "the commit could not be signed; nothing was committed" in ran.err
    assert scene.git("rev-parse", "HEAD") == head


def test_a_setting_for_signatures_that_git_cannot_read_is_refused_before_any_validator(scene: Scene) -> None:
    scene.ready_build("validators:\n- {name: late, command: 'touch ../ran'}\n")
    scene.git("config", "commit.gpgsign", "maybe")
    scene.refused(
        "finalize", says="git cannot tell whether the commit is to be signed; nothing was committed"
    )
    assert not scene.root.with_name("ran").exists()


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
    scene: Scene, monkeypatch: pytest.MonkeyPatch, variable: str, value: str | None, hint: str
) -> None:
    scene.ready_build()
    if value is None:
        scene.git("config", "user.useConfigOnly", "true")
        monkeypatch.delenv(variable)
    else:
        monkeypatch.setenv(variable, value)
    ran = scene.gitorch("finalize")
    assert (ran.status, f", run: {hint}\n" in ran.err) == (1, True), ran.err


def test_author_and_committer_are_those_of_the_settings(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.ready_build()
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{role}_NAME")
        monkeypatch.delenv(f"GIT_{role}_EMAIL")
    for name, value in (
        ("user.name", "Ada"),
        ("user.email", "ada@b.example"),
        ("author.name", "Grace"),
        ("committer.email", "ci@b.example"),
    ):
        scene.git("config", name, value)
    assert scene.gitorch("finalize").status == 0
    who = scene.git("log", "-1", "--format=%an <%ae>, %cn <%ce>")
    assert who == "Grace <ada@b.example>, Ada <ci@b.example>"


def test_a_build_without_a_commit_has_none_to_word(scene: Scene) -> None:
    ran = scene.gitorch(
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
    ran = scene.gitorch("finalize", "--edit")
    assert (ran.status, "it makes no commit" in ran.err) == (2, True), ran.err
