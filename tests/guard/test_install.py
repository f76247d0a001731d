"""install and uninstall: what was there runs on, and comes back byte for byte."""

import hashlib
import os
import re
import shutil
from pathlib import Path

import pytest

import gitorch
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import config_hooks, install, registry
from gitorch.adapters.guard.chain import is_live
from gitorch.adapters.guard.scripts import EVENTS, VERSION, marker, shim, source_folder
from gitorch.core.errors import GitorchError
from gitorch.core.hints import UPGRADE
from gitorch.core.issue import Hint
from gitorch.core.names import Slug
from gitorch.core.opened import Decided
from tests.builds import identity
from tests.scene import git, orch, run, write
from tests.scene.guarded import discover, open_guarded
from tests.scene.picture import files_of

SAYS = '#!/bin/sh\necho "kept $0 $#" >&2\n'


def commit(root: Path) -> str:
    """What a commit says on stderr; it has to succeed."""
    ran = run("git", "commit", "-q", "--allow-empty", "-m", "x", cwd=root)
    assert ran.status == 0, ran.err
    return ran.err


def existing_hook(folder: Path, kind: str) -> None:
    """Put a pre-commit hook of a kind there that has broken other installers."""
    hook = folder / "pre-commit"
    folder.mkdir(exist_ok=True)
    if kind == "binary":
        shutil.copy("/bin/true", hook)
    elif kind == "link":
        write(folder / "real", SAYS).chmod(0o755)
        hook.symlink_to("real")
    elif kind == "dangling link":
        hook.symlink_to("nowhere")
    elif kind == "not UTF-8":
        hook.write_bytes(b"#!/bin/sh\n# \xff\xfe\r\necho kept >&2\nexit 0")
        hook.chmod(0o755)
    elif kind == "not executable":
        write(hook, SAYS).chmod(0o644)
    elif kind == "odd mode":
        write(hook, SAYS).chmod(0o711)


def armed(root: Path) -> Repository:
    """The guard with its hooks in the repository's own folder, as while a build is open."""
    here = discover(root)
    (here.shared / "open").mkdir(parents=True)
    install.install(here)
    return here


KINDS = ("none", "binary", "link", "dangling link", "not UTF-8", "not executable", "odd mode")


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_uninstall_gives_back_the_exact_bytes_and_modes(repo: Path, kind: str) -> None:
    existing_hook(repo / ".git" / "hooks", kind)
    before = files_of(repo / ".git")
    assert orch(repo, "install").status == 0
    once = files_of(repo / ".git")
    assert once != before
    again = orch(repo, "install")
    assert "nothing was changed" in again.err
    assert files_of(repo / ".git") == once
    said = commit(repo)
    commit_says_kept = said.startswith("kept")
    assert ("hook was ignored" in said) == (kind == "not executable")
    assert commit_says_kept == (kind in ("link", "not UTF-8", "odd mode"))
    git(repo, "reset", "-q", "--soft", "HEAD~1")
    assert orch(repo, "uninstall").status == 0
    after = files_of(repo / ".git")
    unrelated = ("objects/", "logs/", "ORIG_HEAD", "COMMIT_EDITMSG", "index")
    for one in (before, after):
        for name in [name for name in one if name.startswith(unrelated)]:
            del one[name]
    assert after == before
    assert orch(repo, "uninstall").err == "no guard was installed, nothing was changed\n"


def test_the_kept_hook_gets_the_same_arguments_and_standard_input_and_can_still_refuse(repo: Path) -> None:
    log = repo.parent / "log"
    script = f'#!/bin/sh\necho "$# $1" >>"{log}"\ncat >>"{log}"\nexit 7\n'
    write(repo / ".git" / "hooks" / "reference-transaction", script).chmod(0o755)
    for guarded in (False, True):
        log.unlink(missing_ok=True)
        assert run("git", "tag", "t", cwd=repo).status != 0
        if not guarded:
            plain = log.read_text()
            open_guarded_though_the_hook_refuses(repo)
    assert log.read_text() == plain
    assert "refs/tags/t" in plain


def open_guarded_though_the_hook_refuses(root: Path) -> None:
    repo = discover(root)
    install.install(repo)
    registry.open_build(repo, identity("x"), Decided())


@pytest.mark.parametrize("event", ["pre-commit", "reference-transaction"])
def test_a12_a_hook_that_may_not_be_run_is_named_as_git_names_it(repo: Path, event: str) -> None:
    hook = write(repo / ".git" / "hooks" / event, SAYS)
    hook.chmod(0o644)
    advice = commit(repo)
    assert advice.count("hook was ignored") == 1
    install.install(discover(repo))

    said = commit(repo)

    assert said.splitlines()[0] == advice.splitlines()[0].replace(event, f"{event}.gitorch-kept")
    assert said.count("hook was ignored") == 1
    git(repo, "config", "advice.ignoredHook", "false")
    assert commit(repo) == ""


def test_a12_an_include_of_the_persons_own_and_the_guards_leave_each_other_alone(repo: Path) -> None:
    install.install(discover(repo))

    git(repo, "config", "include.path", "../mine")
    git(repo, "config", "include.path", "../mine again")

    assert config_hooks.is_installed(discover(repo))
    install.uninstall(discover(repo))
    assert git(repo, "config", "--get-all", "include.path") == "../mine again"
    assert "includeif" not in (repo / ".git" / "config").read_text().lower()


@pytest.mark.parametrize("name", ["a 'build'", "[x] *?", 'ü\\"\n'])
def test_a12_the_configuration_leads_to_the_guard_from_every_kind_of_worktree(
    tmp_path: Path, name: str
) -> None:
    root = tmp_path / name
    git(tmp_path, "init", "-q", str(root))
    git(root, "commit", "-q", "--allow-empty", "-m", "first")
    git(root, "worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    git(tmp_path, "clone", "-q", "--bare", str(root), f"{root}.git")
    git(root.with_name(f"{name}.git"), "worktree", "add", "-q", "--detach", str(tmp_path / "of bare"))
    for main in (root, tmp_path / "of bare"):
        here = discover(main)
        install.install(here)
        (here.shared / "open").mkdir()

    asked = ("config", "--get", "hook.gitorch-pre-commit.event")

    for place in (root, tmp_path / "linked", tmp_path / "of bare", root.with_name(f"{name}.git")):
        assert git(place, *asked) == "pre-commit"


def test_a_kept_hook_in_sh_still_knows_its_own_name(repo: Path) -> None:
    write(repo / ".git" / "hooks" / "pre-commit", SAYS).chmod(0o755)
    install.install(discover(repo))
    assert commit(repo) == "kept .git/hooks/pre-commit 0\n"


@pytest.mark.parametrize("event", ["pre-commit", "reference-transaction"])
def test_a_kept_hook_in_sh_meets_no_name_of_the_guard(repo: Path, tmp_path: Path, event: str) -> None:
    scripts = "".join((source_folder() / name).read_text() for name in ("shim", "judge", "kept"))
    functions = set(re.findall(r"^(\w+)\(\)", scripts, re.MULTILINE))
    names = {*functions, *re.findall(r"\b([a-z_]+)=", scripts), *re.findall(r"read -r ([a-z_]+)", scripts)}
    names = {name for name in names if not name.startswith("gitorch_")}
    assert {"say", "judge", "bound", "stdin", "line"} <= names
    theirs = "".join(f'echo "{name}=${{{name}-}}:$(command -v {name})" >>../seen\n' for name in sorted(names))
    write(repo / ".git" / "hooks" / event, f"#!/bin/sh\n{theirs}").chmod(0o755)
    env = dict.fromkeys(names, "mine")
    programs = {name: shutil.which(name) or "" for name in names}
    install.install(discover(repo))
    git(repo, "worktree", "add", "-q", "-b", "build/x", str(tmp_path / "bound"))
    (tmp_path / "seen").unlink(missing_ok=True)
    registry.open_build(discover(tmp_path / "bound"), identity("x"), Decided())
    ran = run("git", "commit", "-q", "--allow-empty", "-m", "x", cwd=repo, env=env)
    assert (ran.status, ran.err) == (0, "")
    seen = set((tmp_path / "seen").read_text().splitlines())
    assert seen == {f"{name}=mine:{program}" for name, program in programs.items()}


def test_an_older_version_is_brought_up_to_date_where_it_stands(repo: Path) -> None:
    here = armed(repo)
    hook = repo / ".git" / "hooks" / "pre-commit"
    hook.write_bytes(shim("pre-commit").replace(b"version=", b"version=0") + b"# older\n")
    assert install.install(here).changed
    assert hook.read_bytes() == shim("pre-commit")
    assert not list(hook.parent.glob("*.gitorch-kept"))


def test_what_a_newer_gitorch_installed_is_not_replaced(repo: Path) -> None:
    here = armed(repo)
    back = Hint("replace the newer guard by this version", "gitorch uninstall && gitorch install")
    for name in ("hooks/reference-transaction", "gitorch/guard/judge", "gitorch/guard/config"):
        path = repo / ".git" / name
        ours = path.read_bytes()
        newer = ours.replace(b"version=%d" % VERSION, b"version=%d" % (VERSION + 1)) + b"# newer\n"
        path.write_bytes(newer)
        before = files_of(repo / ".git")
        with pytest.raises(GitorchError) as refused:
            install.install(here)
        assert refused.value.details == (f"not changed: {path}",)
        assert refused.value.hints == (UPGRADE, back)
        assert files_of(repo / ".git") == before
        path.write_bytes(ours)
    path.write_bytes(newer)
    seen = orch(repo, "doctor", "--fix")
    assert f"a newer gitorch has installed the guard, which this one leaves as it is: {path}" in seen.out
    assert (seen.status, "doctor --fix" in seen.out, path.read_bytes()) == (1, False, newer)
    assert orch(repo, "uninstall").status == orch(repo, "install").status == 0
    assert path.read_bytes() == ours


def test_what_is_installed_has_another_version_when_it_has_changed() -> None:
    """Whoever changes what a release installs raises VERSION beside it: only so does an older gitorch see it."""
    whole = hashlib.sha256()
    for name in ("shim", "kept", "judge", "last-instant", "pre-receive"):
        whole.update((source_folder() / name).read_bytes())
    whole.update(config_hooks.text(Path("/guard")))
    assert (VERSION, whole.hexdigest()) == (
        1,
        "40852093adf087e791008a7aa7e88f64c4f08dcf8b50238b6a420cc2d8cb9645",
    )


def test_a_hook_moved_to_legacy_by_another_manager_stays_installed_and_is_taken_out_there(repo: Path) -> None:
    hooks = repo / ".git" / "hooks"
    write(hooks / "pre-commit", SAYS).chmod(0o755)
    here = discover(repo)
    install.install(here)
    (hooks / "pre-commit").rename(hooks / "pre-commit.legacy")
    write(hooks / "pre-commit", '#!/bin/sh\n"$0.legacy" "$@"\n').chmod(0o755)
    assert is_live(hooks, "pre-commit")
    assert not install.install(here).changed
    install.uninstall(here)
    assert (hooks / "pre-commit.legacy").read_text() == SAYS
    assert (hooks / "pre-commit").read_text() == '#!/bin/sh\n"$0.legacy" "$@"\n'


def test_hooks_that_may_not_be_run_are_no_guard_until_install_mends_them_and_says_so(repo: Path) -> None:
    git(repo, "config", "core.hooksPath", ".hooks")
    here = discover(repo)
    install.install(here)
    hooks = [repo / ".hooks" / event for event in EVENTS]
    for hook in hooks:
        hook.chmod(0o644)
    reads_configuration = here.version >= config_hooks.SINCE
    assert install.is_installed(here) == reads_configuration
    if not reads_configuration:
        write(repo / "plan.md", "# Build Plan: x\n\n## Wave 1: w\n- W1.1: One — do it\n")
        refused = orch(repo, "init", "--project", "x", "--plan-file", "plan.md")
        assert (refused.status, "no guard is installed" in refused.err) == (1, True)
    mended = orch(repo, "install")
    assert mended.status == 0
    for hook in hooks:
        assert f"{hook} was not executable, and is again" in mended.err
        assert os.access(hook, os.X_OK)
    assert "nothing was changed" not in mended.err
    assert "nothing was changed" in orch(repo, "install").err


def test_a_hook_behind_one_that_may_not_be_run_is_put_in_front(repo: Path) -> None:
    hooks = repo / ".git" / "hooks"
    here = armed(repo)
    (hooks / "pre-commit").rename(hooks / "pre-commit.legacy")
    write(hooks / "pre-commit", '#!/bin/sh\n"$0.legacy" "$@"\n').chmod(0o644)
    assert not is_live(hooks, "pre-commit")
    install.install(here)
    assert is_live(hooks, "pre-commit")
    assert marker((hooks / "pre-commit").read_bytes())


def test_the_configuration_is_no_guard_without_the_hooks_that_it_names(repo: Path) -> None:
    here = discover(repo)
    install.install(here)
    assert config_hooks.is_installed(here)
    (here.shared / "guard" / EVENTS[0]).unlink()
    assert not config_hooks.is_installed(here)


def test_a_hook_displaced_for_good_is_put_back_in_front(repo: Path) -> None:
    hooks = repo / ".git" / "hooks"
    write(hooks / "pre-commit", SAYS).chmod(0o755)
    here = discover(repo)
    install.install(here)
    (hooks / "pre-commit").rename(hooks / "pre-commit.old")
    theirs = write(hooks / "pre-commit", "#!/bin/sh\necho theirs >&2\n")
    theirs.chmod(0o755)
    assert not is_live(hooks, "pre-commit")
    install.install(here)
    assert commit(repo) == "theirs\n"
    assert (hooks / "pre-commit.old").read_text() == SAYS
    assert marker((hooks / "pre-commit").read_bytes())


@pytest.mark.parametrize("where", ["relative", "absolute outside", "global"])
def test_core_hooks_path_is_honoured(repo: Path, tmp_path: Path, where: str) -> None:
    folder = repo / "my hooks" if where == "relative" else tmp_path / "hooks élsewhere"
    folder.mkdir()
    scope = "--global" if where == "global" else "--local"
    git(repo, "config", scope, "core.hooksPath", "my hooks" if where == "relative" else str(folder))
    here = discover(repo)
    report = install.install(here)
    assert report.folders == [folder]
    assert install.is_installed(here)
    assert git(repo, "status", "--porcelain") == ""
    assert bool(report.notes) == (where != "relative")
    guarded = open_guarded(repo)
    assert run("git", "commit", "-q", "--allow-empty", "--no-verify", "-m", "x", cwd=repo).status != 0
    registry.close_build(guarded.repo, Slug("x"))
    install.uninstall(here)
    assert list(folder.iterdir()) == []


def test_a_tracked_hook_is_left_alone_and_the_wall_stands_beside_it(repo: Path) -> None:
    write(repo / ".githooks" / "pre-commit", SAYS).chmod(0o755)
    git(repo, "add", ".githooks")
    git(repo, "commit", "-q", "-m", "hooks")
    git(repo, "config", "core.hooksPath", ".githooks")
    exclude = repo / ".git" / "info" / "exclude"
    exclude.write_bytes(b"no line end")
    guarded = open_guarded(repo)
    assert git(repo, "status", "--porcelain") == ""
    ran = run("git", "commit", "--allow-empty", "--no-verify", "-m", "x", cwd=repo)
    assert "one commit of build x" in ran.err
    assert guarded.tip() == guarded.base
    registry.close_build(guarded.repo, Slug("x"))
    install.uninstall(guarded.repo)
    assert exclude.read_bytes() == b"no line end"
    assert sorted(os.listdir(repo / ".githooks")) == ["pre-commit"]  # noqa: PTH208


@pytest.mark.parametrize("hooks", [".git/hooks", "hooks"])
def test_a_repository_without_the_folder_info_is_left_without_it(tmp_path: Path, hooks: str) -> None:
    git(tmp_path, "init", "-q", "--template=", "plain")
    git(tmp_path / "plain", "config", "core.hooksPath", hooks)
    here = discover(tmp_path / "plain")
    before = sorted(here.git_dir.iterdir())
    install.install(here)
    install.uninstall(here)
    assert sorted(here.git_dir.iterdir()) == before


@pytest.mark.slow
@pytest.mark.parametrize("setting", [os.devnull, ""])
def test_hooks_switched_off_are_said_before_anything_is_changed(repo: Path, setting: str) -> None:
    git(repo, "config", "core.hooksPath", setting)
    before = files_of(repo / ".git")
    ran = orch(repo, "install")
    if discover(repo).version < (2, 54, 0):
        assert ran.status == 1
        assert f"core.hooksPath is {setting or 'empty'}, which is not a folder" in ran.err
        assert "config --local --unset-all core.hooksPath && gitorch install" in ran.err
        assert f"core.hooksPath is {setting or 'empty'} (set in .git/config)" in orch(repo, "doctor").out
        assert orch(repo, "uninstall").status == 0
        assert files_of(repo / ".git") == before
    else:
        assert ran.status == 0
        assert install.is_installed(discover(repo))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_hooks_folder_that_cannot_be_written_is_said_before_anything_is_changed(
    repo: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "system"
    folder.mkdir(mode=0o555)
    git(repo, "config", "core.hooksPath", str(folder / "hooks"))
    before = files_of(repo / ".git")
    ran = orch(repo, "install")
    if discover(repo).version < (2, 54, 0):
        assert ran.status == 1
        assert f"the hooks folder {folder / 'hooks'} cannot be written" in ran.err
        assert files_of(repo / ".git") == before
    else:
        assert ran.status == 0
        assert install.is_installed(discover(repo))


def test_every_worktree_and_a_submodule_are_guarded_by_their_own_repository(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file")
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q", "-b", "main")
    git(outer, "submodule", "--quiet", "add", str(repo), "inner")
    guarded = open_guarded(outer / "inner")
    assert run("git", "commit", "--allow-empty", "-m", "x", cwd=outer / "inner").status != 0
    assert guarded.tip() == guarded.base
    assert commit(outer) == ""


def test_worktrees_of_a_bare_repository_are_guarded(repo: Path, tmp_path: Path) -> None:
    bare, tree = tmp_path / "bare.git", tmp_path / "träe one"
    git(tmp_path, "clone", "-q", "--bare", str(repo), str(bare))
    git(bare, "worktree", "add", "-q", str(tree), "main")
    guarded = open_guarded(tree)
    assert run("git", "commit", "--allow-empty", "--no-verify", "-m", "x", cwd=tree).status != 0
    assert run("git", "update-ref", "refs/heads/build/x", "main~0^{tree}", cwd=bare).status != 0
    assert guarded.tip() == guarded.base
    git(bare, "gc", "-q")


def test_uninstall_is_refused_while_a_build_is_open(repo: Path) -> None:
    open_guarded(repo)
    ran = orch(repo, "uninstall")
    assert ran.status == 1
    assert "hint: to close x, run: gitorch abort --project x\n" in ran.err
    assert install.is_installed(discover(repo))


def test_the_scripts_are_found_in_a_checkout_and_in_an_installed_package(tmp_path: Path) -> None:
    checkout = Path(gitorch.__file__).parent
    assert source_folder() == checkout.parent / "hooks"
    package = tmp_path / "site-packages" / "gitorch"
    shutil.copytree(source_folder(), package / "_hooks")
    assert source_folder(package) == package / "_hooks"
    for event in EVENTS:
        found = marker(shim(event))
        assert found is not None
        assert found.event == event


def test_a_folder_that_has_the_name_of_a_hook_is_given_back(repo: Path) -> None:
    folder = repo / ".git" / "hooks" / "pre-commit"
    write(folder / "x", "not a hook\n")
    before = files_of(repo / ".git")
    assert orch(repo, "install").status == 0
    assert orch(repo, "uninstall").status == 0
    assert files_of(repo / ".git") == before


def test_a_bare_repository_is_told_of_its_own_way(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "bare")
    for word in ("install", "uninstall", "doctor"):
        ran = orch(tmp_path / "bare", word)
        assert (ran.status, "gitorch install --server ." in ran.err) == (1, True)
