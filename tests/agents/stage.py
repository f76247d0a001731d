"""One real client and one build of scripted workers, in a network namespace with loopback alone.

    python -m tests.agents.stage CLIENT PROGRAMS FOLDER COMMAND TIMEOUT BEHAVIOUR…

FOLDER gets `home/`, `repo/`, `told.jsonl` (what the model was told) and `outcome.json`. Started by `stage` below.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.agents.model import serve

MOUNT = Path("/mnt")
"""Where the folder is seen by the clients: Codex's sandbox lets anybody write below /tmp."""

OTHERS = {"src/base.py": "base = 2  # the work of another\n", "src/other.py": "other = 1\n"}
"""What somebody else is working on: an edit and a new file."""

_SECONDS = 480


def stage(
    client: str, programs: str, folder: Path, command: str, timeout: int, *behaviours: str
) -> dict[str, Any]:
    """Run such a build to its end, and return the outcome. AssertionError with all output where it breaks."""
    name_space = [
        "unshare",
        "-n",
        "-m",
        "-p",
        "--fork",
        "--kill-child",
        "--mount-proc",
        *["-r"] * (os.getuid() != 0),
    ]
    inner = f"ip link set lo up && mount --bind '{folder}' {MOUNT} && exec \"$@\""
    words = [sys.executable, "-m", "tests.agents.stage", client, programs, str(MOUNT), command, str(timeout)]
    done = subprocess.run(
        [*name_space, "--", "sh", "-c", inner, "sh", *words, *behaviours],
        cwd=Path(__file__).parents[2],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS + 60,
        check=False,
    )
    outcome = folder / "outcome.json"
    assert done.returncode == 0, f"{done.args}\n{done.stdout}\n{done.stderr}"
    return dict(json.loads(outcome.read_text()))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _set_up(client: str, home: Path, url: str) -> dict[str, str]:
    """The client's own settings: the scripted model, and nothing that looks for the network."""
    match client:
        case "claude":
            off = ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "DISABLE_AUTOUPDATER")
            return {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "none", **dict.fromkeys(off, "1")}
        case "codex":
            _write(home / ".codex/config.toml", _CODEX.replace("@URL@", url))
            return {"SCRIPTED_KEY": "none"}
        case "gemini":
            _write(home / ".gemini/settings.json", json.dumps(_GEMINI))
            return {"GEMINI_API_KEY": "none", "GOOGLE_GEMINI_BASE_URL": url}
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": f"{url}/v1", "apiKey": "none"},
        "models": {"scripted": {"name": "scripted"}},
    }
    settings = {"autoupdate": False, "share": "disabled", "model": "scripted/scripted"}
    folder = home / ".config/opencode"
    _write(folder / "opencode.json", json.dumps({**settings, "provider": {"scripted": provider}}))
    # What it would fetch for plugins, as if it had.
    _write(folder / "package.json", json.dumps({"dependencies": {"@opencode-ai/plugin": "1.18.33"}}))
    _write(folder / "node_modules/@opencode-ai/plugin/package.json", json.dumps({"version": "1.18.33"}))
    _write(home / ".npmrc", "fetch-retries=0\noffline=true\n")
    return {"OPENCODE_DISABLE_MODELS_FETCH": "1", "OPENCODE_DISABLE_AUTOUPDATE": "1"}


_CODEX = """
model = "scripted"
model_provider = "scripted"
check_for_update_on_startup = false
[model_providers.scripted]
name = "scripted"
base_url = "@URL@/v1"
env_key = "SCRIPTED_KEY"
wire_api = "responses"
[analytics]
enabled = false
"""
_GEMINI = {
    "security": {"auth": {"selectedType": "gemini-api-key"}},
    "general": {"enableAutoUpdate": False},
    "privacy": {"usageStatisticsEnabled": False},
    "telemetry": {"enabled": False},
    "model": {"name": "gemini-2.5-flash"},
}


class Stage:
    """The folder with its repository, and what is typed there."""

    def __init__(self, folder: Path, path: str) -> None:
        self.folder, self.root, self.home = folder, folder / "repo", folder / "home"
        self.env = {
            "HOME": str(self.home),
            "PATH": path,
            "LANG": "C.UTF-8",
            "SHELL": shutil.which("bash") or "/bin/sh",
            "TERM": "dumb",
            "NO_COLOR": "1",
        }
        _write(self.home / ".gitconfig", "[user]\nname=A Person\nemail=person@example.org\n")
        self.root.mkdir()

    def type(self, *words: str) -> str:
        done = subprocess.run(words, cwd=self.root, env=self.env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{words} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def open(self, policy: str, behaviours: Sequence[str]) -> None:
        """A guarded repository with an open build, one worker for each behaviour, and work of another in it."""
        workers = [
            {
                "id": f"W1.{number}",
                "title": behaviour,
                "description": f"Write it. BEHAVE:{behaviour}",
                "outputs": [f"src/w{number}.py"],
            }
            for number, behaviour in enumerate(behaviours, 1)
        ]
        _write(self.folder / "plan.json", json.dumps({"name": "Real agents", "workers": workers}))
        _write(self.root / ".gitorch.yaml", policy)
        _write(self.root / ".gitignore", "__pycache__/\n")
        _write(self.root / "src/base.py", "base = 1\n")
        self.type("git", "init", "-q", "-b", "main", ".")
        self.type("git", "add", ".")
        self.type("git", "commit", "-q", "-m", "base")
        self.type("gitorch", "install")
        self.type("gitorch", "init", "--project", "real", "--plan-file", str(self.folder / "plan.json"))
        for name, text in OTHERS.items():
            _write(self.root / name, text)

    def run(self) -> None:
        """Start every worker and wait for the ends of all."""
        self.type("gitorch", "spawn", "--ready")
        until = time.monotonic() + _SECONDS
        while any(entry["result"] is None for entry in self.spawns()) and time.monotonic() < until:
            time.sleep(1)

    def spawns(self) -> list[dict[str, Any]]:
        return list(json.loads(self.type("gitorch", "spawns", "--json"))["spawns"])

    def outcome(self) -> dict[str, Any]:
        """What the person finds."""
        state = json.loads(self.type("gitorch", "status", "--json"))
        return {
            "workers": {worker["title"]: worker["status"] for worker in state["workers"]},
            "reports": {
                path.stem: path.read_text()
                for path in sorted(self.root.glob("N5/builds/real/completions/*.json"))
            },
            "results": {entry["worker"]: entry["result"] for entry in self.spawns()},
            "commits": self.type("git", "rev-list", "main..build/real").split(),
            "branches": self.type("git", "branch", "--format=%(refname:short)").split(),
            "head": self.type("git", "branch", "--show-current").strip(),
            "stashes": self.type("git", "stash", "list"),
            "others": {
                name: (self.root / name).read_text() for name in OTHERS if (self.root / name).exists()
            },
            "doctor": self.type("gitorch", "doctor"),
        }


def main(client: str, programs: str, folder: str, command: str, timeout: str, *behaviours: str) -> None:
    own = Path(sys.executable).parent
    made = Stage(Path(folder), os.pathsep.join([programs, str(own), "/usr/local/bin", "/usr/bin", "/bin"]))
    port = serve(made.root, made.folder / "told.jsonl")
    made.env |= _set_up(client, made.home, f"http://127.0.0.1:{port}")
    made.open(json.dumps({"spawn": {"command": command, "timeout": int(timeout), "jobs": 3}}), behaviours)
    if client == "opencode":  # two that start at once on an empty home fail in its database
        made.type(client, "session", "list")
    made.run()
    (made.folder / "outcome.json").write_text(json.dumps(made.outcome(), indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
