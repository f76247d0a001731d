"""Every test stands alone: its own home, a fixed identity and clock, nothing of this machine's settings."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support import git

# A loaded machine makes a single example slow; that is no finding.
settings.register_profile("gitorch", deadline=None)
settings.load_profile("gitorch")


@pytest.fixture(autouse=True)
def isolated(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """HOME and git's configuration are empty; `GITORCH_TEST_GIT=/path/to/git` puts another git first."""
    for name in list(os.environ):
        if name.startswith(("GIT_", "GITORCH_")) and name not in ("GIT_EXEC_PATH", "GITORCH_TEST_GIT"):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    settings = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A U Thor",
        "GIT_AUTHOR_EMAIL": "author@example.com",
        "GIT_AUTHOR_DATE": "2026-01-18T12:00:00+0000",
        "GIT_COMMITTER_NAME": "C O Mitter",
        "GIT_COMMITTER_EMAIL": "committer@example.com",
        "GIT_COMMITTER_DATE": "2026-01-18T12:00:00+0000",
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
    }
    if other := os.environ.get("GITORCH_TEST_GIT"):
        settings["PATH"] = f"{Path(other).parent}{os.pathsep}{os.environ['PATH']}"
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository on branch main with one commit that holds `README`."""
    root = tmp_path / "repo"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "README").write_text("a project\n")
    git(root, "add", "README")
    git(root, "commit", "-q", "-m", "first")
    return root
