"""A clean checkout: exactly the candidate, and no way from it to the real repository by git."""

import os
from pathlib import Path

import pytest

from gitorch.adapters import workspace
from gitorch.adapters.git.repository import Repository
from gitorch.core.changes import Verdict
from gitorch.core.config import Workspace
from gitorch.core.errors import GitorchError
from tests.actions.test_judging import check, judged, outcomes
from tests.scene import Scene, git, write


def clean(root: Path, command: str, *, setup: tuple[str, ...] = (), link: tuple[str, ...] = ()) -> Verdict:
    place = Workspace(kind="clean", setup=setup, link=link)
    return judged(root, check("check", command), workspace=place)[-1]


def home(root: Path) -> Path:
    repo = Repository.discover(root)
    assert repo
    return workspace.home(repo)


def test_it_holds_exactly_the_candidate_as_a_commit_on_the_base(scene: Scene) -> None:
    scene.write(".gitignore", "ignored\n")
    scene.write("ignored", "x\n")
    scene.write("new dir/néw", "x\n")
    script = (
        'test -f "new dir/néw" && test ! -e ignored && test -z "$(git status --porcelain --ignored)" && '
        f'test "$(git rev-parse HEAD~1)" = {scene.git("rev-parse", "HEAD")} && git fsck'
    )
    verdict = clean(scene.root, script)
    assert verdict.passed, verdict.output_tail


def test_what_git_does_there_reaches_no_ref_stash_hook_or_setting_of_the_repository(scene: Scene) -> None:
    scene.write("README", "changed\n")
    scene.git("config", "test.secret", "1")
    scene.git("tag", "v1")
    hook = scene.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    before = {path: path.read_bytes() for path in sorted((scene / ".git").rglob("*")) if path.is_file()}
    script = """
set -e
test -z "$(git for-each-ref)"
test -z "$(git config --local test.secret || true)"
test "$(git rev-parse --absolute-git-dir)" = "$PWD/.git"
echo more >> README
git stash
git stash drop
git -c user.name=x -c user.email=x commit --allow-empty -m x
git config test.mine 1
git update-ref refs/heads/main HEAD
git update-ref refs/heads/build/x HEAD
git checkout -f -q HEAD~1
"""
    verdict = clean(scene.root, script)
    assert verdict.passed, verdict.output_tail
    after = {path: path.read_bytes() for path in sorted((scene / ".git").rglob("*")) if path.is_file()}
    own = [path for path in after if "gitorch" in path.parts or "objects" in path.parts]
    assert {path: data for path, data in after.items() if path not in own} == {
        path: data for path, data in before.items() if "objects" not in path.parts
    }
    assert clean(scene.root, 'test -z "$(git config test.mine)" && grep changed README').passed


def test_it_is_kept_and_reused_and_holds_nothing_of_the_last_run(scene: Scene) -> None:
    scene.write(".gitignore", "cache\n")
    assert clean(scene.root, "mkdir -p cache && echo > cache/x").passed
    place = home(scene.root) / "tree"
    inode = (place / "README").stat().st_ino
    scene.write("second", "x\n")
    verdict = clean(scene.root, "test -f second && test ! -e cache && git status --porcelain")
    assert verdict.passed, verdict.output_tail
    assert (place / "README").stat().st_ino == inode


@pytest.mark.parametrize(
    "tamper",
    [
        "git update-index --skip-worktree README; echo tampered > README",
        "git update-index --assume-unchanged README; echo tampered > README",
        "touch -r README stamp; tr a-z A-Z < README > new; cat new > README; touch -r stamp README; rm new stamp",
        "echo tampered > README; git update-index README",
        "rm ../index; ln -s tree/README ../index; echo tampered > README",
    ],
)
def test_what_a_run_has_tampered_with_the_next_one_finds_as_in_the_candidate(
    scene: Scene, tamper: str
) -> None:
    scene.git("config", "--global", "core.trustctime", "false")
    clean(scene.root, tamper)
    verdict = clean(scene.root, 'grep -qx "a project" README && test -z "$(git status --porcelain)"')
    assert verdict.passed, verdict.output_tail


def test_a_damaged_workspace_is_made_anew_and_the_repository_above_it_stays_as_it_is(scene: Scene) -> None:
    above = Path(os.environ["HOME"])
    git(above, "init", "-q")
    precious = write(above / "precious", "x\n")
    ruin = (
        "rm -rf .git/refs .git/HEAD; git clean -ffdx; mkdir locked; echo > locked/x; chmod 000 locked; true"
    )
    assert clean(scene.root, ruin).reason == "files changed while it ran: .git"
    verdict = clean(scene.root, "test -f README && test ! -e locked")
    assert verdict.passed, verdict.output_tail
    assert precious.exists()
    assert git(above, "status", "--porcelain") == "?? .cache/\n?? precious"


@pytest.mark.parametrize("place", [".git", ".git/objects", ".git/index", ".git/refs", "../tree", "../index"])
def test_a_link_to_the_real_repository_is_not_followed_by_the_next_run(scene: Scene, place: str) -> None:
    target = {"../tree": scene.root, "../index": scene / ".git/index"}.get(place, scene / place)
    scene.write("README", "work\n")
    before = {path: path.read_bytes() for path in scene.root.rglob("*") if path.is_file()}
    clean(scene.root, f"rm -rf {place}; ln -s {target} {place}")
    for _ in range(2):
        verdict = clean(
            scene.root, "test ! -L .git && test ! -L .git/index && grep work README && git status"
        )
        assert verdict.passed, verdict.output_tail
    assert {path: path.read_bytes() for path in before} == before
    assert scene.git("status", "--porcelain") == " M README"
    scene.git("fsck", "--strict")


def test_set_up_runs_first_and_in_order_and_its_failure_is_shown(scene: Scene) -> None:
    scene.write(".gitignore", "made\n")
    setup = ("echo one > made", 'test "$(cat made)" = one && echo two >> made')
    verdict = clean(scene.root, 'test "$(cat made)" = "one\ntwo"', setup=setup)
    assert verdict.passed, verdict.output_tail
    place = Workspace(kind="clean", setup=("echo no network; exit 7", "true"))
    here = check("here", workspace="in-place")
    found = judged(scene.root, check("tests"), here, workspace=place)
    assert outcomes(found) == [
        ("workspace set-up 1", False, "ended with exit status 7"),
        ("workspace set-up 2", False, "was not run: it needs 'workspace set-up 1', which failed"),
        ("tests", False, "was not run: it needs 'workspace set-up 2', which failed"),
        ("here", True, None),
    ]
    assert found[0].output_tail == "no network"


def test_linked_folders_are_the_working_trees_own(scene: Scene) -> None:
    scene.write(".gitignore", "node_modules/\n")
    scene.write("node_modules/tool", "x\n")
    scene.write("packages/a/node_modules/tool", "y\n")
    link = ("node_modules", "packages/a/node_modules", "missing")
    script = 'test "$(cat node_modules/tool packages/a/node_modules/tool)" = "x\ny" && test ! -e missing'
    for _ in range(2):  # the second time, the links are there already
        verdict = clean(scene.root, script, link=link)
        assert verdict.passed, verdict.output_tail
    assert (scene / "node_modules/tool").read_text() == "x\n"


def test_a_linked_folder_is_hidden_from_git_whatever_its_name_and_nothing_else_is(scene: Scene) -> None:
    link = ("*", "packages/[id]/modules", "!x", "#y", "back\\", "space ")
    for folder in link:
        scene.write(f"{folder}/tool", "x\n")
    scene.git("config", "core.excludesFile", str(scene.write(".git/all", "*\n!packages\n")))
    verdict = clean(scene.root, "touch new", link=link)
    assert verdict.output_tail.split("\n") == ["new file: new"]


def test_a_link_may_neither_cover_the_commit_nor_lead_through_a_link_in_it(
    scene: Scene, tmp_path: Path
) -> None:
    scene.write("kept/file", "x\n")
    with pytest.raises(GitorchError, match="names kept, which is a part of the commit"):
        clean(scene.root, "true", link=("kept",))
    (tmp_path / "outside/modules").mkdir(parents=True)
    (scene / "away").symlink_to(tmp_path / "outside")
    with pytest.raises(GitorchError, match="names away/modules, which is a part of the commit"):
        clean(scene.root, "true", link=("away/modules",))
    assert list((tmp_path / "outside").iterdir()) == [tmp_path / "outside/modules"]


@pytest.mark.parametrize("kept_out", ["blob:none", "tree:0"])
def test_a_partial_clone_with_a_sparse_checkout_fetches_what_it_lacks(
    scene: Scene, tmp_path: Path, kept_out: str
) -> None:
    for name in ("far/away/a", "far/b", "near/c"):
        scene.write(name, f"{name}\n")
    scene.git("add", ".")
    scene.git("commit", "-q", "-m", "files")
    for key in ("allowFilter", "allowAnySHA1InWant"):
        scene.git("config", f"uploadpack.{key}", "true")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", f"--filter={kept_out}", "--sparse", scene.root.as_uri(), str(clone))
    git(clone, "sparse-checkout", "set", "--sparse-index", "near")
    write(clone / "near/new", "new\n")
    before = git(clone, "for-each-ref")
    verdict = clean(clone, 'test "$(cat far/away/a far/b near/new)" = "far/away/a\nfar/b\nnew"')
    assert verdict.passed, verdict.output_tail
    assert git(clone, "for-each-ref") == before
    assert not (clone / ".git/FETCH_HEAD").exists()


def test_attributes_modes_and_links_are_checked_out_as_in_the_repository(scene: Scene) -> None:
    scene.git("config", "filter.shout.smudge", "tr a-z A-Z")
    scene.git("config", "filter.shout.clean", "tr A-Z a-z")
    scene.write(".gitattributes", "*.txt filter=shout\n")
    scene.write(".git/info/attributes", "*.dos eol=crlf\n")
    scene.write("a.txt", "LOUD\n")
    scene.write("b.dos", "x\r\n")
    scene.write("run", "#!/bin/sh\n").chmod(0o755)
    (scene / "to").symlink_to("a.txt")
    script = (
        'cmp a.txt to && grep -q LOUD a.txt && test -x run && test -L to && test "$(wc -c < b.dos)" -eq 3'
    )
    verdict = clean(scene.root, script)
    assert verdict.passed, verdict.output_tail


@pytest.mark.parametrize("kind", ["sha256", "worktree", "odd path", "shallow"])
def test_it_works_from_every_kind_of_repository(tmp_path: Path, scene: Scene, kind: str) -> None:
    root = tmp_path / 'a "quoted"\nnew line é'
    if kind == "worktree":
        scene.git("worktree", "add", "-q", "--detach", str(root))
    elif kind == "shallow":
        scene.git("commit", "-q", "--allow-empty", "-m", "second")
        scene.git("clone", "-q", "--depth=1", f"file://{scene.root}", str(root))
    else:
        git(tmp_path, "init", "-q", *(["--object-format=sha256"] if kind == "sha256" else []), str(root))
        git(root, "commit", "-q", "--allow-empty", "-m", "first")
    write(root / "new", "x\n")
    verdict = clean(root, "test -f new && git log --oneline && git fsck")
    assert verdict.passed, verdict.output_tail


def test_the_cache_folder_is_the_users(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert home(scene.root).is_relative_to(Path(os.environ["HOME"]) / ".cache/gitorch")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert home(scene.root).is_relative_to(tmp_path / "caches/gitorch")
    assert clean(scene.root, "true").passed
    assert (home(scene.root) / "tree/README").exists()


def test_b10_a_key_below_the_git_directory_is_there_in_a_clean_workspace(scene: Scene) -> None:
    key = "$(git rev-parse --git-dir)/git-crypt/keys/default"
    scene.write(".git/git-crypt/keys/default", "the key\n")
    for name, letters in (("smudge", "b-z a-y"), ("clean", "a-y b-z")):
        scene.git("config", f"filter.git-crypt.{name}", f'grep -q key "{key}" && tr {letters}')
    scene.git("config", "filter.git-crypt.required", "true")
    scene.commit({".gitattributes": "secret filter=git-crypt\n", "secret": "abc\n"})

    verdict = clean(scene.root, 'grep -q abc secret && test "$(git cat-file blob HEAD:secret)" = bcd')

    assert verdict.passed, verdict.output_tail


def test_b10_a_filters_script_below_the_git_directory_runs_in_a_clean_workspace(scene: Scene) -> None:
    scene.write(".git/filters/shout", "#!/bin/sh\ntr a-z A-Z\n").chmod(0o755)
    scene.git("config", "filter.shout.smudge", ".git/filters/shout %f")
    scene.git("config", "filter.shout.clean", "tr A-Z a-z")
    scene.git("config", "filter.shout.required", "true")
    scene.commit({".gitattributes": "*.txt filter=shout\n", "a.txt": "LOUD\n"})

    verdict = clean(scene.root, "grep -q LOUD a.txt")

    assert verdict.passed, verdict.output_tail


def test_b10_content_of_an_annex_is_there_in_a_clean_workspace(scene: Scene) -> None:
    scene.write(".git/annex/objects/x/y/content", "large\n")
    (scene / "data").mkdir()
    (scene / "data/large").symlink_to("../.git/annex/objects/x/y/content")

    verdict = clean(scene.root, "grep -q large data/large")

    assert verdict.passed, verdict.output_tail


def test_b10_a_filter_that_cannot_work_there_is_told_before_any_validator_runs(scene: Scene) -> None:
    ran = scene.root.with_name("ran")
    scene.commit({".gitorch.yaml": f"validators:\n- {{name: v, command: 'touch {ran}', workspace: clean}}\n"})
    scene.write("unlocked", "x\n")
    scene.git("config", "filter.local.smudge", f'test -e unlocked && test "$PWD" = {scene.root} && cat')
    scene.git("config", "filter.local.clean", "cat")
    scene.git("config", "filter.local.required", "true")
    scene.commit({".gitattributes": "secret filter=local\n", "secret": "abc\n"})

    said = scene.gitorch("validate")

    assert said.status == 1
    assert "error: the filter local does not work in the clean workspace; no validator was run\n" in said.err
    assert (
        "hint: to see what the filter runs, run: git config --get-regexp '^filter[.]local[.]'\n" in said.err
    )
    assert not ran.exists()


def test_b10_nothing_of_gits_own_is_linked_into_a_clean_workspace(scene: Scene) -> None:
    scene.git(
        "config",
        "filter.odd.clean",
        ".git/hooks/clean .git/logs .git/gitorch .git/index .git/refs .git/config",
    )

    verdict = clean(scene.root, 'test -z "$(find .git -maxdepth 1 -type l)"')

    assert verdict.passed, verdict.output_tail
