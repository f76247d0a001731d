"""How each client is started as a worker, and the file by which it is handed gitorch's hooks.

Pure: texts and templates; `actions/spawn/agents.py` writes them. What each client was seen to do with them is
in docs/spawning.md.
"""

import json
import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from gitorch.core.agents.clients import CLIENTS, plugin


class Preset(NamedTuple):
    """One client. `template` takes the brief on standard input, works without questions, and ends.

    In it `{hooks}` is the path of the file `handed`, which is one of `files`: name → text, as made from the
    path of the guard's `agent` and the folder that they are for.
    """

    template: str
    handed: str
    files: Callable[[str, str], Mapping[str, str]]


def _as_settings(name: str) -> Callable[[str, str], Mapping[str, str]]:
    """A settings file that is given beside the person's own."""

    def files(agent: str, _folder: str) -> Mapping[str, str]:
        text = json.dumps({"hooks": CLIENTS[name].hooks(agent)}, indent=2)
        return {PRESETS[name].handed: f"{text}\n"}

    return files


def _codex_files(agent: str, _folder: str) -> Mapping[str, str]:
    """Codex takes hooks on its command line alone, where the person's own settings are not to be touched."""
    words = [
        "-c",
        "allow_login_shell=false",
    ]  # a login shell resets the PATH, on which the guard's git is first
    for event, groups in CLIENTS["codex"].hooks(agent).items():
        words += ["-c", shlex.quote(f"hooks.{event}={_toml(groups)}")]
    return {"codex.sh": f'#!/bin/sh\nprogram=$1\nshift\nexec "$program" {" ".join(words)} "$@"\n'}


def _toml(value: Any) -> str:
    """An inline value of TOML 1.0."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}={_toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


_OPENCODE = """\
#!/bin/sh
# opencode has no hook at the end of a session: what one would say is the session's next prompt.
GITORCH_SESSION=$(mktemp) || exit
OPENCODE_CONFIG_CONTENT=@CONFIG@
export GITORCH_SESSION OPENCODE_CONFIG_CONTENT
trap 'rm -f "$GITORCH_SESSION"' EXIT
"$@"
status=$?
held=false
while IFS= read -r session <"$GITORCH_SESSION"; do
	said=$(printf '{"session_id":"%s","stop_hook_active":%s}' "$session" "$held" | @AGENT@ stop 2>&1)
	[ $? -eq 2 ] || break
	held=true
	printf '%s\\n' "$said" | "$@" --session "$session"
	status=$?
done
exit "$status"
"""


def _opencode_files(agent: str, folder: str) -> Mapping[str, str]:
    config = json.dumps({"plugin": [f"file://{folder}/opencode.js"]})
    script = _OPENCODE.replace("@CONFIG@", shlex.quote(config)).replace("@AGENT@", shlex.quote(agent))
    return {"opencode.sh": script, "opencode.js": plugin(agent)}


PRESETS: Mapping[str, Preset] = {
    "claude": Preset(
        "claude -p --permission-mode acceptEdits --allowedTools Bash --settings {hooks}"
        " --output-format stream-json --verbose",
        "claude.json",
        _as_settings("claude"),
    ),
    "codex": Preset(
        "sh {hooks} codex exec --sandbox workspace-write --json --dangerously-bypass-hook-trust -",
        "codex.sh",
        _codex_files,
    ),
    "gemini": Preset(
        "GEMINI_CLI_SYSTEM_SETTINGS_PATH={hooks} gemini --skip-trust --approval-mode yolo"
        " -o stream-json -p 'Do what the brief on standard input says.'",
        "gemini.json",
        _as_settings("gemini"),
    ),
    "opencode": Preset("sh {hooks} opencode run --format json", "opencode.sh", _opencode_files),
}
"""By name, which is what `spawn.command` and `git config gitorch.agent` may say."""


def preset_of(template: str) -> Preset | None:
    """That of the client which a template names first, as a whole word; None where it names none."""
    found = re.search(rf"(?<![\w.-])({'|'.join(PRESETS)})(?![\w.-])", template)
    return PRESETS[found[1]] if found else None
