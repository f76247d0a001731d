"""The message of the build commit in the person's editor. All editors are real, most of them are short."""

import shutil
from pathlib import Path

import pytest

from tests.actions.opened import SLUG, finalize
from tests.actions.worded import LINT, hook, interrupted, message, ours, picture, ready, trailers
from tests.support import git, orch, write


def test_the_person_edits_the_message_and_cannot_lose_the_trailers(repo: Path) -> None:
    base = ready(repo)
    editor = "printf 'My words\\n\\n# gone\\nBecause.\\n\\nSigned-off-by: Ada <a@b.example>\\n' >"
    ran = finalize(repo, "--edit", GIT_EDITOR=editor)
    assert ran.status == 0, ran.err
    assert message(repo).startswith("My words\n\nBecause.\n\nSigned-off-by: Ada <a@b.example>\n")
    assert trailers(repo) == ["Signed-off-by: Ada <a@b.example>", *ours(base)]
    assert not (repo / ".git" / "gitorch" / "MESSAGE").exists()


@pytest.mark.parametrize(("mark", "left"), [(";", "#42 is solved"), ("#", "; a list"), ("auto", "; a list")])
def test_comments_in_an_edit_are_marked_as_the_settings_say(repo: Path, mark: str, left: str) -> None:
    ready(repo)
    git(repo, "config", "core.commentChar", mark)
    script = repo.with_name("editor")
    write(
        script, '#!/bin/sh\ncp "$1" "$0.saw"\nprintf \'Mine\\n\\n#42 is solved\\n; a list\\n\' > "$1"\n'
    ).chmod(0o755)
    ran = finalize(repo, "--edit", GIT_EDITOR=str(script))
    assert ran.status == 0, ran.err
    assert message(repo).startswith(f"Mine\n\n{left}\n\nGitorch-Build: ")
    shown = mark if mark == ";" else "#"
    assert f"\n{shown} This is the message of the build's one commit. Lines that begin with '{shown}' " in (
        script.with_name("editor.saw").read_text()
    )


def test_a_comment_mark_that_the_message_needs_marks_none(repo: Path) -> None:
    ready(repo)
    git(repo, "config", "core.commentChar", "G")
    assert finalize(repo, "--edit", GIT_EDITOR="true").status == 0
    assert "\nGitorch-Build: " in message(repo)
    assert "#" not in message(repo)


def test_a_comment_stays_where_the_settings_say_that_git_keeps_them(repo: Path) -> None:
    ready(repo)
    git(repo, "config", "commit.cleanup", "whitespace")
    assert finalize(repo, "--edit", GIT_EDITOR="sed -i '2a# kept\\n'").status == 0
    assert "\n\n# kept\n\nWave 1" in message(repo)
    assert message(repo).count("#") == 1


def test_a_control_character_in_an_edit_keeps_nothing_from_landing(repo: Path) -> None:
    ready(repo)
    ran = finalize(repo, "--edit", GIT_EDITOR="printf 'Mine\\n\\nb\\000ody\\r\\n' >")
    assert ran.status == 0, ran.err
    assert message(repo).startswith("Mine\n\nb\N{REPLACEMENT CHARACTER}ody\n\nGitorch-Build: ")


def test_an_edit_that_changes_nothing_gives_the_composed_message(repo: Path) -> None:
    ready(repo, "validators:\n- {name: fine, command: 'true'}\n")
    copy = repo.with_name("copy")
    shutil.copytree(repo, copy, symlinks=True)
    binding = copy / ".git" / "gitorch" / "open" / SLUG
    binding.write_text(binding.read_text().replace(str(repo), str(copy)))
    assert finalize(repo, "--edit", GIT_EDITOR="true").status == 0
    assert finalize(copy).status == 0
    assert message(repo) == message(copy)


@pytest.mark.parametrize(
    ("editor", "says"),
    [("printf '# only this' >", "the message is empty"), ("false", "ended with exit status 1")],
)
def test_an_emptied_message_or_a_failing_editor_commits_nothing(repo: Path, editor: str, says: str) -> None:
    ready(repo)
    orch(repo, "sync")
    before = picture(repo)
    ran = finalize(repo, "--edit", GIT_EDITOR=editor)
    assert (ran.status, says in ran.err) == (1, True), ran.err
    assert picture(repo) == before


@pytest.mark.slow
def test_an_edit_that_a_hook_refuses_is_kept_for_the_next_try(repo: Path) -> None:
    hook(repo, "commit-msg", LINT)
    ready(repo)
    ran = finalize(repo, "--edit", GIT_EDITOR="printf 'Long and thoughtful\\n' >")
    kept = repo / ".git" / "gitorch" / "MESSAGE"
    assert f"gitorch finalize --project {SLUG} --message {kept} --edit" in ran.err
    assert kept.read_text().startswith("Long and thoughtful\n\nGitorch-Build: ")
    ran = finalize(repo, "--message", str(kept), "--edit", GIT_EDITOR="sed -i '1s/^/feat: /'")
    assert ran.status == 0, ran.err
    assert message(repo).startswith("feat: Long and thoughtful\n\nGitorch-Build: ")
    assert not kept.exists()


def test_ctrl_c_in_an_editor_that_goes_on_is_no_business_of_finalize(repo: Path) -> None:
    ready(repo)
    editor = write(repo.with_name("editor"), "#!/bin/sh\ntrap '' INT\nkill -INT 0\necho Mine > \"$1\"\n")
    editor.chmod(0o755)
    ran = interrupted(repo, "--edit", GIT_EDITOR=str(editor))
    assert ran.status == 0, ran.err
    assert message(repo).startswith("Mine\n\nGitorch-Build: ")


@pytest.mark.parametrize(
    ("end", "status", "wrote"), [("kill -INT 0", 130, True), ("kill -INT 0", 130, False), ("exit 1", 1, True)]
)
def test_what_was_written_is_kept_from_an_editor_that_ended_badly(
    repo: Path, end: str, status: int, *, wrote: bool
) -> None:
    ready(repo)
    words = 'echo Long and thoughtful > "$1"\n' if wrote else ""
    editor = write(repo.with_name("editor"), f"#!/bin/sh\n{words}{end}\n")
    editor.chmod(0o755)
    head = git(repo, "rev-parse", "HEAD")
    ran = interrupted(repo, "--edit", GIT_EDITOR=str(editor))
    assert (ran.status, git(repo, "rev-parse", "HEAD")) == (status, head), ran.err
    kept = repo / ".git" / "gitorch" / "MESSAGE"
    hint = (
        f"hint: gitorch finalize --project {SLUG} --message {kept} --edit   (what you wrote is kept there)\n"
    )
    assert (hint in ran.err, kept.exists()) == (wrote, wrote)
    assert not wrote or kept.read_text() == "Long and thoughtful\n"


def test_work_that_changes_while_the_message_is_edited_does_not_land(repo: Path) -> None:
    ready(repo)
    head = git(repo, "rev-parse", "HEAD")
    ran = finalize(repo, "--edit", GIT_EDITOR="echo late >> README; printf 'Mine\\n' >")
    assert ran.status == 1
    assert "files changed meanwhile" in ran.err
    assert "what you wrote is kept there" in ran.err
    assert git(repo, "rev-parse", "HEAD") == head
