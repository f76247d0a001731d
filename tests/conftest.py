"""Every test stands alone: its own home, a fixed identity and clock, nothing of this machine's settings."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from tests.scene import Scene, git, remembered
from tests.scene.landed import land
from tests.scene.shell import first_commit, isolate

# A loaded machine makes a single example slow; that is no finding.
settings.register_profile("gitorch", deadline=None)
settings.load_profile("gitorch")

# Every git and every command waits for the disk: in memory they do not, where there is room for programs.
memory = Path("/dev/shm")  # noqa: S108 (pytest makes a folder of its own there)
if memory.is_dir():
    room = os.statvfs(memory)
    if room.f_bavail * room.f_frsize >= 4 << 30 and not room.f_flag & os.ST_NOEXEC:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))

# A shell that runs the tests in its background has them, and what they start, ignore a Ctrl-C.
for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)


@pytest.fixture(scope="session", autouse=True)
def remembering(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What a set-up left is copied the next time."""
    remembered.shelf[:] = [tmp_path_factory.mktemp("remembered")]


@pytest.fixture(autouse=True)
def isolated(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """HOME and git's configuration are empty; `GITORCH_TEST_GIT=/path/to/git` puts another git first."""
    isolate(monkeypatch, tmp_path_factory.mktemp("home"))


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A repository on branch main with one commit that holds `README`."""
    root = tmp_path / "repo"
    root.mkdir()
    _first(root)
    return Scene(root)


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which a build has landed, for a module whose tests copy it."""
    root = tmp_path_factory.mktemp("landed") / "repo"
    land(root, tmp_path_factory.mktemp("home"))
    return root


@pytest.fixture
def repo(scene: Scene) -> Path:
    """The place of the scene, for tests that have not moved to it."""
    return scene.root


@remembered.remembered
def _first(root: Path) -> str:
    first_commit(root)
    return git(root, "rev-parse", "HEAD")
