"""The message of the build commit in the person's editor. All editors are real, most of them are short."""

import shutil

import pytest

from tests.actions.test_wording import LINT, ours
from tests.scene import SLUG, Scene, write


def test_the_person_edits_the_message_and_cannot_lose_the_trailers(scene: Scene) -> None:
    base = scene.ready_build()
    editor = "printf 'My words\\n\\n# gone\\nBecause.\\n\\nSigned-off-by: Ada <a@b.example>\\n' >"
    ran = scene.gitorch("finalize", "--edit", env={"GIT_EDITOR": editor})
    assert ran.status == 0, ran.err
    assert scene.message().startswith("My words\n\nBecause.\n\nSigned-off-by: Ada <a@b.example>\n")
    assert scene.trailers() == ["Signed-off-by: Ada <a@b.example>", *ours(base)]
    assert not (scene / ".git/gitorch/MESSAGE").exists()


@pytest.mark.parametrize(("mark", "left"), [(";", "#42 is solved"), ("#", "; a list"), ("auto", "; a list")])
def test_comments_in_an_edit_are_marked_as_the_settings_say(scene: Scene, mark: str, left: str) -> None:
    scene.ready_build()
    scene.git("config", "core.commentChar", mark)
    script = scene.root.with_name("editor")
    write(
        script, '#!/bin/sh\ncp "$1" "$0.saw"\nprintf \'Mine\\n\\n#42 is solved\\n; a list\\n\' > "$1"\n'
    ).chmod(0o755)
    ran = scene.gitorch("finalize", "--edit", env={"GIT_EDITOR": str(script)})
    assert ran.status == 0, ran.err
    assert scene.message().startswith(f"Mine\n\n{left}\n\nGitorch-Build: ")
    shown = mark if mark == ";" else "#"
    assert f"\n{shown} This is the message of the build's one commit. Lines that begin with '{shown}' " in (
        script.with_name("editor.saw").read_text()
    )


def test_a_comment_mark_that_the_message_needs_marks_none(scene: Scene) -> None:
    scene.ready_build()
    scene.git("config", "core.commentChar", "G")
    assert scene.gitorch("finalize", "--edit", env={"GIT_EDITOR": "true"}).status == 0
    assert "\nGitorch-Build: " in scene.message()
    assert "#" not in scene.message()


def test_a_comment_stays_where_the_settings_say_that_git_keeps_them(scene: Scene) -> None:
    scene.ready_build()
    scene.git("config", "commit.cleanup", "whitespace")
    assert scene.gitorch("finalize", "--edit", env={"GIT_EDITOR": "sed -i '2a# kept\\n'"}).status == 0
    assert "\n\n# kept\n\nWave 1" in scene.message()
    assert scene.message().count("#") == 1


def test_a_control_character_in_an_edit_keeps_nothing_from_landing(scene: Scene) -> None:
    scene.ready_build()
    ran = scene.gitorch("finalize", "--edit", env={"GIT_EDITOR": "printf 'Mine\\n\\nb\\000ody\\r\\n' >"})
    assert ran.status == 0, ran.err
    assert scene.message().startswith("Mine\n\nb\N{REPLACEMENT CHARACTER}ody\n\nGitorch-Build: ")


def test_an_edit_that_changes_nothing_gives_the_composed_message(scene: Scene) -> None:
    scene.ready_build("validators:\n- {name: fine, command: 'true'}\n")
    copy = scene.root.with_name("copy")
    shutil.copytree(scene.root, copy, symlinks=True)
    binding = copy / ".git" / "gitorch" / "open" / SLUG
    binding.write_text(binding.read_text().replace(str(scene.root), str(copy)))
    assert scene.gitorch("finalize", "--edit", env={"GIT_EDITOR": "true"}).status == 0
    assert Scene(copy).gitorch("finalize").status == 0
    assert scene.message() == Scene(copy).message()


@pytest.mark.parametrize(
    ("editor", "says"),
    [("printf '# only this' >", "the message is empty"), ("false", "ended with exit status 1")],
)
def test_an_emptied_message_or_a_failing_editor_commits_nothing(scene: Scene, editor: str, says: str) -> None:
    scene.ready_build()
    scene.gitorch("sync")
    before = scene.picture()
    ran = scene.gitorch("finalize", "--edit", env={"GIT_EDITOR": editor})
    assert (ran.status, says in ran.err) == (1, True), ran.err
    assert scene.picture() == before


@pytest.mark.slow
def test_an_edit_that_a_hook_refuses_is_kept_for_the_next_try(scene: Scene) -> None:
    scene.hook("commit-msg", LINT)
    scene.ready_build()
    ran = scene.gitorch("finalize", "--edit", env={"GIT_EDITOR": "printf 'Long and thoughtful\\n' >"})
    kept = scene / ".git/gitorch/MESSAGE"
    assert f"gitorch finalize --project {SLUG} --message {kept} --edit" in ran.err
    assert kept.read_text().startswith("Long and thoughtful\n\nGitorch-Build: ")
    ran = scene.gitorch(
        "finalize", "--message", str(kept), "--edit", env={"GIT_EDITOR": "sed -i '1s/^/feat: /'"}
    )
    assert ran.status == 0, ran.err
    assert scene.message().startswith("feat: Long and thoughtful\n\nGitorch-Build: ")
    assert not kept.exists()


def test_ctrl_c_in_an_editor_that_goes_on_is_no_business_of_finalize(scene: Scene) -> None:
    scene.ready_build()
    editor = write(
        scene.root.with_name("editor"), "#!/bin/sh\ntrap '' INT\nkill -INT 0\necho Mine > \"$1\"\n"
    )
    editor.chmod(0o755)
    ran = scene.interrupted("finalize", "--edit", env={"GIT_EDITOR": str(editor)})
    assert ran.status == 0, ran.err
    assert scene.message().startswith("Mine\n\nGitorch-Build: ")


@pytest.mark.parametrize(
    ("end", "status", "wrote"), [("kill -INT 0", 130, True), ("kill -INT 0", 130, False), ("exit 1", 1, True)]
)
def test_what_was_written_is_kept_from_an_editor_that_ended_badly(
    scene: Scene, end: str, status: int, *, wrote: bool
) -> None:
    scene.ready_build()
    words = 'echo Long and thoughtful > "$1"\n' if wrote else ""
    editor = write(scene.root.with_name("editor"), f"#!/bin/sh\n{words}{end}\n")
    editor.chmod(0o755)
    head = scene.git("rev-parse", "HEAD")
    ran = scene.interrupted("finalize", "--edit", env={"GIT_EDITOR": str(editor)})
    assert (ran.status, scene.git("rev-parse", "HEAD")) == (status, head), ran.err
    kept = scene / ".git/gitorch/MESSAGE"
    hint = (
        "hint: to go on with the message that you wrote, run: "
        f"gitorch finalize --project {SLUG} --message {kept} --edit\n"
    )
    assert (hint in ran.err, kept.exists()) == (wrote, wrote)
    assert not wrote or kept.read_text() == "Long and thoughtful\n"


def test_work_that_changes_while_the_message_is_edited_does_not_land(scene: Scene) -> None:
    scene.ready_build()
    head = scene.git("rev-parse", "HEAD")
    ran = scene.gitorch("finalize", "--edit", env={"GIT_EDITOR": "echo late >> README; printf 'Mine\\n' >"})
    assert ran.status == 1
    assert "files changed while gitorch was running; nothing was committed" in ran.err
    assert "hint: to go on with the message that you wrote, run: gitorch finalize " in ran.err
    assert scene.git("rev-parse", "HEAD") == head
