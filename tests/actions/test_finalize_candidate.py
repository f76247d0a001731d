"""What finalize takes into its commit where git's own view and the build's records differ."""

import json
import os
import shutil
import sys

import pytest

from tests.scene import FOLDER, NO_HOOKS, SLUG, Scene, run


def test_records_land_where_an_ignore_rule_has_come_to_match_them(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    scene.write(".gitignore", "*.json\nN5/\n")
    scene.land(base, "--unclaimed", "include")
    names = scene.git("ls-tree", "-r", "--name-only", "HEAD", FOLDER).splitlines()
    assert {f"{FOLDER}/completions/W1.1.json", f"{FOLDER}/completions/W2.1.json"} <= set(names)
    assert scene.gitorch("verify").status == 0


def test_a_change_that_a_line_end_rule_takes_away_is_not_named_as_taken_in(scene: Scene) -> None:
    scene.write(".gitattributes", "* text=auto\n")
    scene.write("lines", "one\n")
    scene.git("add", ".")
    scene.git("commit", "-q", "-m", "more")
    base = scene.open_build()
    scene.deliver_all()
    (scene / "lines").write_bytes(b"one\r\n")
    scene.land(base, "--unclaimed", "include")
    assert "lines" not in scene.git("show", f"HEAD:{FOLDER}/meta.json")
    assert scene.gitorch("verify").status == 0


AGAIN = pytest.mark.parametrize(
    "commands",
    [
        ("reopen",),
        pytest.param(("reopen", "abort", "reopen"), marks=pytest.mark.slow),
        pytest.param(("reopen", "abort --discard-files", "reopen"), marks=pytest.mark.slow),
    ],
)
"""What comes between a finalize and the next one, which lands the same tree."""


def again(scene: Scene, commands: tuple[str, ...]) -> None:
    first = scene.git("rev-parse", "HEAD^{tree}")
    for command in commands:
        ran = scene.gitorch(*command.split(), "--project", SLUG)
        assert ran.status == 0, ran.err
    ran = scene.gitorch("finalize", "--unclaimed", "include")
    assert (ran.status, scene.git("rev-parse", "HEAD^{tree}")) == (0, first), ran.err


@AGAIN
def test_a_file_that_is_untracked_on_purpose_is_a_deletion(scene: Scene, commands: tuple[str, ...]) -> None:
    scene.write("settings", "theirs\n")
    scene.git("add", "settings")
    scene.git("commit", "-q", "-m", "more")
    base = scene.open_build()
    scene.deliver_all()
    scene.write(".git/info/exclude", "settings\n")
    scene.git("rm", "-q", "--cached", "settings")
    assert "settings" in scene.gitorch("review").out
    scene.land(base, "--unclaimed", "include")
    assert scene.git("diff", "--name-status", base, "HEAD", "--", "settings") == "D\tsettings"
    assert (scene / "settings").read_text() == "theirs\n"
    assert scene.git("status", "--porcelain") == ""
    assert scene.gitorch("verify").status == 0
    again(scene, commands)


def test_a_file_that_took_the_place_of_a_folder_is_claimed_with_what_it_replaced(scene: Scene) -> None:
    scene.write("d/s/f", "1\n")
    scene.git("add", "d")
    scene.git("commit", "-q", "-m", "more")
    base = scene.open_build()
    scene.deliver_all()
    shutil.rmtree(scene / "d")
    scene.write("d", "a file\n")
    scene.deliver("W1.1", ["src/schema.py", "d"])
    scene.land(base, "--unclaimed", "leave")
    assert scene.git("diff", "--name-status", base, "HEAD", "--", "d") == "A\td\nD\td/s/f"
    assert scene.git("status", "--porcelain") == ""
    assert scene.gitorch("verify").status == 0


@AGAIN
def test_a_mode_that_only_the_index_knows_lands(scene: Scene, commands: tuple[str, ...]) -> None:
    scene.git("config", "core.fileMode", "false")
    scene.write("run.sh", "true\n")
    scene.git("add", "run.sh")
    scene.git("commit", "-q", "-m", "more")
    base = scene.open_build()
    scene.deliver_all()
    scene.write("new.sh", "true\n")
    scene.git("add", "--chmod=+x", "run.sh", "new.sh", "README")
    scene.write("README", "edited since\n")
    scene.deliver("W1.1", ["src/schema.py", "run.sh", "new.sh"])
    scene.land(base)
    modes = scene.git("ls-tree", "--format=%(objectmode) %(path)", "HEAD", "README", "new.sh", "run.sh")
    assert modes == "100755 README\n100755 new.sh\n100755 run.sh"
    assert scene.git("status", "--porcelain") == ""
    again(scene, commands)


def test_what_is_only_meant_to_be_added_is_meant_afterwards_too(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    scene.write("meant", "not yet\n")
    scene.write("empty", "")
    scene.git("add", "empty")
    scene.git("add", "--intent-to-add", "meant", "src/schema.py")
    scene.land(base, "--unclaimed", "leave")
    assert scene.git("status", "--porcelain").splitlines() == ["A  empty", " A meant"]
    assert scene.git("show", "HEAD:src/schema.py") == "TABLES = 5"


@pytest.mark.slow
def test_an_absorbed_commit_whose_changes_are_not_in_the_files_is_named_with_both_ways_out(
    scene: Scene,
) -> None:
    base = scene.open_build()
    scene.deliver_all()
    made = scene.git("commit-tree", "-p", base, "-m", "from elsewhere", tree_with(scene, base, "odd *name"))
    forced = (*NO_HOOKS, "update-ref", f"refs/heads/build/{SLUG}", made)
    scene.git(*forced)
    told = scene.refused("finalize", "--absorb", says="have changes that the files do not have").err
    assert "  odd *name\n" in told
    take, drop = (line.partition("run: ")[2] for line in told.splitlines()[-2:])
    folder = scene / "src"
    assert run("sh", "-c", take, cwd=folder).status == 0
    assert (scene / "odd *name").read_text() == "from elsewhere"
    (scene / "odd *name").unlink()
    assert run("sh", "-c", drop.replace("gitorch", f"{sys.executable} -m gitorch"), cwd=folder).status == 0
    assert scene.git("rev-parse", "HEAD") == base
    scene.git(*forced)
    assert run("sh", "-c", take, cwd=folder).status == 0
    scene.land(base, "--absorb")
    assert scene.git("show", "HEAD:odd *name") == "from elsewhere"


def tree_with(scene: Scene, base: str, name: str) -> str:
    """The tree of `base` and one more file."""
    blob = scene.git("hash-object", "-w", "--stdin", stdin="from elsewhere")
    listed = scene.git("ls-tree", base)
    return scene.git("mktree", stdin=f"{listed}\n100644 blob {blob}\t{name}\n")


@pytest.mark.slow
def test_a_name_in_another_encoding_is_claimed_as_it_was_typed_and_lands(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    (scene / FOLDER / "completions" / "W1.1.json").unlink()
    name = os.fsdecode(b"lat\xe9")
    scene.write(name, "x\n")
    assert '"lat\\udce9"' in scene.gitorch("close", "W1.1").err  # the report that is proposed
    refused = scene.gitorch("complete", "W1.1", "-o", "src/schema.py", name, "not\udce9there")
    assert (refused.status, refused.err) == (
        1,
        'error: W1.1 claims "not\\udce9there", which does not exist\n',
    )
    done = scene.gitorch("complete", "W1.1", "--force", "-o", "src/schema.py", name, "--json")
    assert json.loads(done.out)["completion"]["artifacts"] == ["src/schema.py", name]
    assert scene.gitorch("review").status == 0
    scene.land(base)
    assert name in scene.git("ls-tree", "-z", "--name-only", "HEAD").split("\0")
    assert scene.git("status", "--porcelain") == ""
