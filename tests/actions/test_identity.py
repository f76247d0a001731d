"""What an open build is stands below the git directory, and nothing that a worker can write says otherwise."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry
from gitorch.core.names import Slug
from tests.scene import BRANCH, FOLDER, SLUG, Scene, git
from tests.scene.killed import git_that

EVIL_SLUGS = (
    "p\n\n[skip ci] fixes #12\nSigned-off-by: The Boss <b@x.org>",
    "p; touch pwned",
    "$(touch pwned)",
    "other-build",
)


def edit_meta(scene: Scene, **fields: object) -> None:
    path = scene / FOLDER / "meta.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


@pytest.mark.parametrize("slug", EVIL_SLUGS)
def test_a1_a_slug_that_a_worker_wrote_into_meta_json_reaches_no_message_and_no_commit(
    scene: Scene, slug: str
) -> None:
    base = scene.ready_build()
    edit_meta(scene, slug=slug)

    seen = scene.gitorch("status")
    scene.land(base)

    assert "meta.json: differs from what gitorch recorded" in seen.out
    for said in (seen.out, seen.err, scene.message(), (scene / FOLDER / "BUILD.md").read_text()):
        assert "Boss" not in said
        assert "pwned" not in said
        assert "other-build" not in said
    assert scene.trailers()[0] == f"Gitorch-Build: {SLUG}"
    assert json.loads((scene / FOLDER / "meta.json").read_text())["slug"] == SLUG


def test_a1_a_build_without_git_whose_meta_json_names_another_is_refused(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    plan = json.dumps({"name": "Essay", "workers": [{"id": "W1.1", "description": "Write"}]})
    scene.do("init", "--project", "essay", "--type", "content", "--plan-file", "-", stdin=plan)
    path = scene / "N5/builds/essay/meta.json"
    path.write_text(path.read_text().replace('"slug": "essay"', '"slug": "essay; touch pwned"'))

    ran = scene.gitorch("status", "--project", "essay")

    assert ran.status == 1
    assert 'names the build "essay; touch pwned", expected essay' in ran.err


@pytest.mark.parametrize(
    "edit",
    [
        {"branch": "main"},
        {"base": "1" * 40},
        {"status": "complete"},
        {"status": "aborted"},
        {"build_type": "content"},
        {"opened_from": "refs/heads/elsewhere"},
        {"launches": [{"worker_id": "W2.1", "at": "2026-01-18T18:30:00Z"}]},
        {"plan": {"name": "Forged"}},
        {"unclaimed": ["stray"]},
        {"nonsense": True},
    ],
    ids=lambda edit: next(iter(edit)) + str(next(iter(edit.values())))[:8],
)
def test_a2_an_edit_of_meta_json_is_said_ignored_and_undone(scene: Scene, edit: dict[str, object]) -> None:
    base = scene.ready_build()
    before = json.loads((scene / FOLDER / "meta.json").read_text())
    edit_meta(scene, **edit)

    synced = scene.do("sync")
    after = json.loads((scene / FOLDER / "meta.json").read_text())
    edit_meta(scene, **edit)
    scene.land(base)

    assert "meta.json: differed from what gitorch recorded when the build was opened" in synced.err
    assert after == {**before, "current_wave": 2}
    assert "Forged" not in scene.message()
    assert scene.do("verify", f"{base}..{BRANCH}")


def test_a2_an_unclaimed_file_that_meta_json_calls_the_plan_keeps_the_build_from_landing(
    scene: Scene,
) -> None:
    scene.ready_build()
    scene.write("stray", "x\n")
    edit_meta(scene, plan_file="stray")

    ran = scene.gitorch("finalize")

    assert ran.status == 1
    assert "stray" in ran.err


@pytest.mark.parametrize("damage", ["gone", "empty", "garbage", "a folder", "a link"])
def test_a2_a_damaged_meta_json_keeps_nobody_from_looking_or_aborting(scene: Scene, damage: str) -> None:
    scene.ready_build()
    path = scene / FOLDER / "meta.json"
    text = path.read_text()
    path.unlink()
    match damage:
        case "empty":
            path.touch()
        case "garbage":
            path.write_text("[1, 2")
        case "a folder":
            path.mkdir()
        case "a link":
            path.symlink_to("STATUS.md")
        case _:
            pass

    for look in ("status", "list", "ready"):
        assert scene.gitorch(look).status == 0, look

    if damage in ("a folder", "a link"):  # named with the command that makes room
        refused = scene.gitorch("abort")
        assert refused.status == 1
        command = refused.err.partition("run: ")[2].splitlines()[0]
        assert scene.run("sh", "-c", command).status == 0
    assert scene.do("abort")
    kept = scene.git("show", f"refs/gitorch/aborted/{SLUG}/1:{FOLDER}/meta.json")
    assert json.loads(kept)["base"] == json.loads(text)["base"]


@pytest.mark.parametrize(
    "policy", ["builds_dir: other\n", "validators: 7\n", "{", "\0", "builds_dir: /etc\n", "claims: [1]\n"]
)
def test_a4_a_gitorch_yaml_that_a_worker_wrote_ends_no_command(scene: Scene, policy: str) -> None:
    base = scene.ready_build()
    scene.write(".gitorch.yaml", policy)

    for command in (
        ("status",),
        ("list",),
        ("ready",),
        ("sync",),
        ("review",),
        ("doctor",),
        ("brief", "W1.1"),
    ):
        ran = scene.gitorch(*command)
        assert (
            ran.status,
            SLUG in ran.out + ran.err or command[0] in ("ready", "brief", "doctor", "sync"),
        ) in (
            (0, True),
            (1, True),  # review: what it changes is said
        ), (command, ran.err)
        assert "is not a configuration" not in ran.err, command
    refused = scene.gitorch("finalize")

    assert refused.status == 1
    assert "the build changes .gitorch.yaml, by which it is judged" in refused.err
    (scene / ".gitorch.yaml").unlink()
    scene.land(base)


def test_a4_an_abort_needs_no_configuration_that_can_be_read(scene: Scene) -> None:
    scene.ready_build()
    scene.write(".gitorch.yaml", "builds_dir: [other\n")

    scene.do("abort", "--discard-files")

    assert not (scene / FOLDER).exists()
    assert not (scene / ".gitorch.yaml").exists()
    scene.do("reopen", "--project", SLUG)
    assert (scene / ".gitorch.yaml").read_text() == "builds_dir: [other\n"
    assert scene.gitorch("status").status == 0


def general_build_that_is_done(scene: Scene) -> None:
    scene.write(".gitorch.yaml", "general: {finalize: touch agreed}\n")
    scene.git("add", "--all")
    scene.git("commit", "-q", "-m", "policy")
    plan = json.dumps({"name": "Move", "workers": [{"id": "W1.1", "description": "Carry"}]})
    scene.do("init", "--project", "move", "--type", "general", "--plan-file", "-", stdin=plan)
    scene.do("complete", "--project", "move", "--worker", "W1.1", "--summary", "Carried")


def test_a8_a_general_build_runs_the_command_of_the_commit_at_which_it_began(scene: Scene) -> None:
    general_build_that_is_done(scene)
    scene.write(".gitorch.yaml", "general: {finalize: touch pwned}\n")

    refused = scene.gitorch("finalize", "--project", "move")
    assert (refused.status, (scene / "pwned").exists()) == (1, False)
    assert "the build changes .gitorch.yaml, by which it is judged" in refused.err
    scene.git("checkout", "-q", "--", ".gitorch.yaml")
    scene.do("finalize", "--project", "move")

    assert (scene / "agreed").exists()


def test_a8_the_persons_own_word_takes_the_changed_command(scene: Scene) -> None:
    general_build_that_is_done(scene)
    scene.write(".gitorch.yaml", "general: {finalize: touch mine}\n")

    scene.do("finalize", "--project", "move", "--accept-config")

    assert (scene / "mine").exists()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("abort", "--discard-files"), ("finalize",)),
        (("abort",), ("finalize",)),
        (("finalize",), ("abort", "--discard-files")),
        (("finalize",), ("abort",)),
        (("finalize",), ("finalize",)),
    ],
    ids=" ".join,
)
def test_a3_what_another_command_did_before_the_lock_is_seen_behind_it(
    scene: Scene, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    """A git of the first command's runs the second to its end, while the first still looks around."""
    scene.ready_build()
    other = f"{sys.executable} -m gitorch {' '.join(second)}"
    once = f"mkdir {scene.root}.once 2>/dev/null && {other} >{scene.root}.said 2>&1"
    env = git_that(scene.root, once, "rev-parse")

    ran = scene.process(*first, env=env)

    assert ran.status == 1, ran.err
    known = {"finalize": "is complete already", "abort": "is aborted already"}
    assert known.get(" ".join(second), "no build is open") in ran.err
    assert (scene.git("rev-list", "--count", f"main..{BRANCH}") == "1") is (second[0] == "finalize")


def test_a10_a_lock_that_another_git_left_is_named_before_anything_is_done(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITORCH_LOCK_WAIT", "0")
    scene.ready_build()
    lock = scene.write(".git/index.lock", "")

    ran = scene.refused("abort", "--discard-files", says=f"another git process holds {lock}")
    remove = ran.err.partition("run: ")[2]
    assert scene.run("sh", "-c", remove.splitlines()[0]).status == 0
    assert not lock.exists()
    scene.do("abort", "--discard-files")
    scene.write(".git/index.lock", "")
    scene.refused("reopen", "--project", SLUG, says=f"another git process holds {lock}")
    lock.unlink()
    scene.do("reopen", "--project", SLUG)


@pytest.mark.parametrize("command", ["abort", "reopen"])
def test_a10_an_immutable_file_is_named_before_anything_is_done(scene: Scene, command: str) -> None:
    scene.ready_build()
    if command == "reopen":
        scene.do("abort", "--discard-files")
    stuck = scene / "README"
    if scene.run("chattr", "+i", str(stuck)).status != 0:
        pytest.skip("the file system knows no immutable files here")
    words = ("abort", "--discard-files") if command == "abort" else ("reopen", "--project", SLUG)
    try:
        ran = scene.refused(*words, says="nothing was changed")
    finally:
        assert scene.run("chattr", "-i", str(stuck)).status == 0

    assert "  README\n" in ran.err
    scene.do(*words)


def test_a11_builds_of_several_worktrees_land_at_once(scene: Scene) -> None:
    """Each takes the repository's lock for a moment; none is refused as busy, however long validators run."""
    scene.write(
        ".gitorch.yaml", "validators:\n- {name: slow, command: 'until [ -e ../go ]; do sleep 0.02; done'}\n"
    )
    scene.git("add", "--all")
    scene.git("commit", "-q", "-m", "policy")
    scene.do("install")
    plan = json.dumps({"name": "Part", "workers": [{"id": "W1.1", "description": "Do"}]})
    roots = [scene.root.with_name(name) for name in ("one", "two", "three")]
    for root in roots:
        scene.git("worktree", "add", "-q", "--detach", str(root))
        Scene(root).do("init", "--project", root.name, "--plan-file", "-", stdin=plan)
        Scene(root).write(f"{root.name}.txt", "done\n")
        Scene(root).do("complete", "--worker", "W1.1", "--output", f"{root.name}.txt")

    argv = [sys.executable, "-m", "gitorch", "finalize"]
    running = [subprocess.Popen(argv, cwd=root, stderr=subprocess.PIPE, text=True) for root in roots]
    for process in running:
        assert process.stderr
        next(line for line in process.stderr if "slow: started" in line)
    (scene.root.parent / "go").touch()
    ends = [process.communicate(timeout=60) for process in running]

    assert [process.returncode for process in running] == [0, 0, 0], ends
    for root in roots:
        assert git(root, "rev-list", "--count", f"main..build/{root.name}") == "1"


def test_an_entry_of_the_registry_that_is_damaged_is_named_and_can_be_closed(scene: Scene) -> None:
    scene.ready_build()
    entry = scene / ".git/gitorch/open" / SLUG
    entry.write_bytes(entry.read_bytes().replace(b'"base"', b'"bass"'))

    ran = scene.gitorch("status")
    assert ran.status == 1
    assert f"{entry} is damaged: gitorch's own record of build {SLUG}" in ran.err
    scene.do("abort", "--project", SLUG)

    assert not (scene / ".git/gitorch/open").exists()
    assert scene.git("show", f"refs/gitorch/aborted/{SLUG}/1:src/schema.py") == "TABLES = 5"


def test_a_launch_is_known_by_the_registry_and_comes_back_with_a_reopened_build(scene: Scene) -> None:
    base = scene.open_build()
    scene.do("launch", "W1.1", "--thread", "con_7")
    scene.deliver_all()
    scene.land(base)
    (scene / FOLDER / "meta.json").write_text("{}")
    scene.do("reopen", "--project", SLUG)

    found = Repository.discover(scene.root)
    assert found
    decided = registry.read_decided(found, Slug(SLUG))
    assert [launch.thread for launch in decided.launches] == ["con_7"]
    assert decided.landed is None
    assert json.loads((scene / FOLDER / "meta.json").read_text())["launches"][0]["thread"] == "con_7"
    assert os.path.lexists(scene / ".git/gitorch/open" / SLUG)
