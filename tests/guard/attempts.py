"""Every way to make a commit, or to get at the build's branch, that we know of: the rows of test_table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Attempt:
    """Shell lines typed in the build's worktree, beside which there is a file `work` of a worker.

    `left` is what `git status --porcelain` still shows when all is tidied up; `since` is the first git with
    which it is prevented, by files and SHA-1.
    """

    name: str
    lines: str
    left: str = "?? work"
    since: tuple[int, int] = (0, 0)


SYMREFS, CONFIG_HOOKS, NEVER = (2, 46), (2, 54), (99, 0)
"""Hooks see symbolic refs; stand in the configuration; see nothing of it, or the library runs none."""


REFUSED = [
    Attempt("commit", "git add work; git commit -m x", left="A  work"),
    Attempt("commit -a", "echo more >>README; git commit -am x", left=" M README\n?? work"),
    Attempt("commit of one path", "echo more >>README; git commit -m x README", left=" M README\n?? work"),
    Attempt("commit --no-verify", "git add work; git commit -nm x", left="A  work"),
    Attempt("commit --amend", "git commit --amend -m x"),
    Attempt("commit --allow-empty", "git commit -n --allow-empty -m x"),
    Attempt("commit without hooks in the environment", "GIT_EDITOR=true git commit -n --allow-empty -m x"),
    Attempt("merge", "git merge topic"),
    Attempt("merge --no-verify", "git merge --no-verify -m x topic"),
    Attempt("merge --no-ff", "git merge --no-ff -m x side"),
    Attempt("merge, fast-forward", "git merge side"),
    Attempt("pull", "git pull --no-rebase ../remote topic"),
    Attempt("pull, fast-forward", "git pull --ff-only ../remote side"),
    Attempt("pull --rebase", "git pull --rebase ../remote topic"),
    Attempt("merge --squash, then commit", "git merge --squash side; git commit -m x"),
    Attempt("merge --no-commit", "git merge --no-commit --no-ff side"),
    Attempt("rebase", "git rebase topic"),
    Attempt("rebase --no-verify", "git rebase --no-verify topic"),
    Attempt("rebase --apply", "git rebase --apply --no-verify topic"),
    Attempt("rebase --onto", "git rebase --no-verify --onto topic HEAD~1"),
    Attempt("cherry-pick", "git cherry-pick topic"),
    Attempt(
        "cherry-pick -n, then commit", "git cherry-pick -n topic; git commit -nm x", left="A  topic\n?? work"
    ),
    Attempt("revert", "git revert --no-edit HEAD"),
    Attempt("am", "git am ../topic.patch"),
    Attempt("reset --soft", "git reset --soft HEAD~1"),
    Attempt("reset to another commit", "git reset HEAD~1"),
    Attempt("reset --hard", "git reset --hard HEAD~1"),
    Attempt("reset --keep", "git reset --keep HEAD~1"),
    Attempt("stash", "echo more >>README; git stash", left=" M README\n?? work"),
    Attempt("stash -u", "git stash -u"),
    Attempt("checkout -B", "git checkout -B build/x topic"),
    Attempt("branch -f", "cd ../linked; git branch -f build/x topic"),
    Attempt("update-ref", "git update-ref refs/heads/build/x topic"),
    Attempt("update-ref HEAD", "git update-ref HEAD topic"),
    Attempt("update-ref with the old value", "git update-ref refs/heads/build/x topic HEAD"),
    Attempt("update-ref --stdin", "echo update refs/heads/build/x topic | git update-ref --stdin"),
    Attempt("fetch into the branch", "git fetch -u ../remote side:build/x"),
    Attempt("fetch --force into the branch", "cd ../linked; git fetch -uf ../remote topic:build/x"),
    Attempt(
        "push into the branch", "git config receive.denyCurrentBranch ignore; git push -q . side:build/x"
    ),
    Attempt(
        "fast-import",
        "git fast-export side | sed 's,refs/heads/side,refs/heads/build/x,' | git fast-import --force --quiet",
    ),
    Attempt(
        "filter-branch", "FILTER_BRANCH_SQUELCH_WARNING=1 git filter-branch -f --msg-filter 'sed s/^/x/' HEAD"
    ),
    Attempt(
        "commit on a side branch", "git symbolic-ref HEAD refs/heads/side; git commit -n --allow-empty -m x"
    ),
    Attempt("commit on a detached HEAD", "git checkout -q --detach; git commit -n --allow-empty -m x"),
    Attempt("commit on a new branch", "git checkout -q -b new; git commit -n --allow-empty -m x"),
    Attempt("commit on an orphan branch", "git checkout -q --orphan new; git commit -n -m x"),
    Attempt("commit in a folder below", "mkdir sub; cd sub; git commit -n --allow-empty -m x"),
    Attempt(
        "commit with GIT_DIR set", "GIT_DIR=$PWD/.git GIT_WORK_TREE=$PWD git commit -n --allow-empty -m x"
    ),
    Attempt("commit from elsewhere with -C", "cd ..; git -C 'a build' commit -n --allow-empty -m x"),
    Attempt(
        "replay of the branch in a linked worktree", "cd ../linked; git update-ref refs/heads/build/x topic"
    ),
    Attempt("commit in a bisection", "git bisect start HEAD HEAD~1; git commit -n --allow-empty -m x"),
]


WORKER = [
    Attempt("a worker's commit in a linked worktree", "git commit -n --allow-empty -m x"),
    Attempt(
        "a worker's commit on a detached HEAD", "git checkout -q --detach; git commit -n --allow-empty -m x"
    ),
    Attempt("a worker's merge", "git merge side"),
    Attempt("a worker's new branch", "git branch new topic"),
]
"""Typed in the linked worktree, with GITORCH_WORKER set."""

UNASKED = [
    Attempt("a worker's branch -C", "git branch -C topic side", since=NEVER),
    Attempt("a worker's branch -c", "git branch -c topic new", since=NEVER),
    Attempt("a worker's branch -M", "git branch -M topic side", since=NEVER),
    Attempt("a worker's branch -m", "git branch -m topic new", since=NEVER),
    Attempt("a worker's symbolic ref", "git symbolic-ref refs/heads/new refs/heads/side", since=SYMREFS),
]
"""The same, of which some git, or every one, asks no hook: other branches move by it, and the build's does not."""

UNSEEN = [
    Attempt(
        "-c core.hooksPath",
        "git -c core.hooksPath=/dev/null commit -n --allow-empty -m x",
        since=CONFIG_HOOKS,
    ),
    Attempt(
        "both ways of installing switched off",
        "git -c core.hooksPath=/dev/null -c hook.gitorch-reference-transaction.enabled=false"
        " commit -n --allow-empty -m x",
        since=NEVER,
    ),
    Attempt(
        "core.hooksPath in the environment",
        "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0=/dev/null"
        " git commit -n --allow-empty -m x",
        since=CONFIG_HOOKS,
    ),
    Attempt(
        "core.hooksPath in the configuration",
        "git config core.hooksPath /dev/null; git commit -qm x --allow-empty",
        since=CONFIG_HOOKS,
    ),
    Attempt(
        "hooks deleted", "rm .git/hooks/[pr]*[a-z]; git commit -n --allow-empty -m x", since=CONFIG_HOOKS
    ),
    Attempt("branch -M", "cd ../linked; git checkout -q topic; git branch -M topic build/x"),
    Attempt("branch -M in the build", "git branch -M topic build/x"),
    Attempt(
        "branch -M after leaving the branch",
        "git symbolic-ref HEAD refs/heads/none; cd ../linked; git branch -M topic build/x",
        since=SYMREFS,
    ),
    Attempt("branch -C", "git branch -C topic build/x"),
    Attempt(
        "a symbolic ref in the branch's place",
        "git symbolic-ref refs/heads/build/x refs/heads/side",
        since=SYMREFS,
    ),
    Attempt("a direct write", "git rev-parse topic >.git/refs/heads/build/x", since=NEVER),
    Attempt(
        "pygit2",
        '"$PYTHON" -c \'import pygit2 as p; r = p.Repository("."); s = p.Signature("a", "a@b");'
        ' r.create_commit("HEAD", s, s, "x", r.index.write_tree(), [r.head.target])\'',
        since=NEVER,
    ),
    Attempt(
        "dulwich",
        '"$PYTHON" -c \'from dulwich import porcelain as p; p.commit(".", message=b"x", no_verify=True)\'',
        since=NEVER,
    ),
    Attempt(
        "dulwich with hooks",
        '"$PYTHON" -c \'from dulwich import porcelain as p; p.commit(".", message=b"x")\'',
    ),
    Attempt("GitPython", '"$PYTHON" -c \'import git; git.Repo().index.commit("x")\''),
    Attempt(
        "GitPython without hooks",
        '"$PYTHON" -c \'import git; git.Repo().index.commit("x", skip_hooks=True)\'',
        since=NEVER,
    ),
]
"""What some git, or some library, does without asking a hook: prevented where it can be, else noticed."""

LEFT = [
    Attempt("branch -m of the build's branch", "git branch -m build/x renamed", since=SYMREFS),
    Attempt(
        "HEAD from another worktree",
        "cd ../linked; git update-ref --no-deref main-worktree/HEAD topic"
        " || git symbolic-ref main-worktree/HEAD refs/heads/side",  # 2.39 knows the name only there
        since=NEVER,
    ),
]
"""What takes the build's branch or worktree away: refused where it can be, with the same way back."""

ALLOWED = [
    Attempt("gc", "git gc -q"),
    Attempt("pack-refs", "git pack-refs --all --prune"),
    Attempt("maintenance", "git maintenance run --task=gc --task=loose-objects --task=commit-graph"),
    Attempt("repack and prune", "git repack -adq && git prune"),
    Attempt("reflog expire", "git reflog expire --expire=now --all"),
    Attempt("fetch", "git remote add r ../remote && git fetch -q r && git fetch -q --prune r"),
    Attempt(
        "fetch of many refs",
        "for n in $(seq 80); do echo create refs/tags/t$n HEAD; done |"
        " git -C ../remote update-ref --stdin && git fetch -q ../remote 'refs/*:refs/copy/*'",
    ),
    Attempt("tag, notes, replace", "git tag t && git tag -a -m x a && git notes add -m x && git tag -d t"),
    Attempt("a branch made and deleted", "git branch new && git branch -m new newer && git branch -D newer"),
    Attempt(
        "worktree add and remove",
        "git worktree add -q -b new ../w && git worktree remove ../w && git worktree add -q --detach ../v side",
    ),
    Attempt("add, reset, restore", "git add work && git reset -q && git restore README"),
    Attempt("reset --hard without moving", "git reset -q --hard && git reset -q --hard HEAD"),
    Attempt(
        "stash entries of others taken away",
        "cd ../linked && for n in 1 2 3; do echo $n >>README && git stash -q; done && cd - >/dev/null"
        " && git stash drop -q && git stash pop -q && git restore README && git stash clear",
    ),
    Attempt("checkout of the branch", "git checkout -q build/x"),
    Attempt("update-ref without moving", "git update-ref refs/heads/build/x HEAD"),
    Attempt("commit in a linked worktree", "cd ../linked && git commit -q --allow-empty -m x"),
    Attempt("merge in a linked worktree", "cd ../linked && git merge -q --no-edit topic"),
    Attempt(
        "rebase in a linked worktree",
        "cd ../linked && git commit -q --allow-empty -m x && git rebase -q topic",
    ),
    Attempt(
        "stash in a linked worktree", "cd ../linked && echo x >>README && git stash -q && git stash pop -q"
    ),
    Attempt(
        "bisect in a linked worktree",
        "cd ../linked && git bisect start HEAD HEAD~1 && git bisect reset",
    ),
    Attempt("reset in a linked worktree", "cd ../linked && git reset -q --hard topic"),
    Attempt("branch -M of others", "cd ../linked && git branch -M topic side"),
    Attempt("push of others", "cd ../linked && git push -q ../remote other"),
]
