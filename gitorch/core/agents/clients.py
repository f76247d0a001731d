"""The clients that gitorch knows: what each calls the moments at which a hook is asked, and its settings.

Sources: code.claude.com/docs/en/hooks.md; codex-rs/hooks/schema; geminicli.com/docs/hooks;
opencode.ai/docs/plugins.
"""

import shlex
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gitorch.core.agents.settings import Entry

Moments = Sequence[tuple[str, str, str | None]]
"""Event of the client, moment of `gitorch hook`, and the pattern of tools that it is asked for."""


class Client(NamedTuple):
    """One client. Places from the root of the working tree, and from the person's home.

    `milliseconds` is set where it counts timeouts in them. A client without `moments` reads a plugin instead.
    """

    name: str
    project: str
    user: str
    home: str
    """The variable that names the folder of the person's settings in place of the first part of `user`."""
    moments: Moments = ()
    milliseconds: bool = False
    skill: str | None = None
    """The folder of its skills, beside its settings."""

    def hooks(self, front: str) -> Mapping[str, Sequence[Entry]]:
        """The entries of its settings that call `front`, the program of hooks/agent."""
        found: dict[str, list[Entry]] = {}
        for event, moment, tools in self.moments:
            seconds = _SECONDS[moment]
            call = {
                "type": "command",
                "command": f"{shlex.quote(front)} {moment}",
                "timeout": seconds * 1000 if self.milliseconds else seconds,
            }
            entry: dict[str, object] = {"matcher": tools} if tools else {}
            found.setdefault(event, []).append({**entry, "hooks": [call]})
        return found


_SECONDS = {"before-shell": 10, "stop": 60, "prompt": 30}

_CLAUDE: Moments = (
    ("PreToolUse", "before-shell", "Bash|Task|Agent"),
    ("UserPromptSubmit", "prompt", None),
    ("Stop", "stop", None),
    ("SubagentStop", "stop", None),
)
_CODEX: Moments = (
    ("PreToolUse", "before-shell", "Bash"),  # its `apply_patch` has a `command` that is no shell's
    ("UserPromptSubmit", "prompt", None),
    ("Stop", "stop", None),
)
_GEMINI: Moments = (
    ("BeforeTool", "before-shell", "run_shell_command"),
    ("BeforeAgent", "prompt", None),
    ("AfterAgent", "stop", None),
)

CLIENTS: Mapping[str, Client] = {
    client.name: client
    for client in (
        Client(
            "claude",
            ".claude/settings.local.json",
            ".claude/settings.json",
            "CLAUDE_CONFIG_DIR",
            _CLAUDE,
            skill="skills",
        ),
        Client("codex", ".codex/hooks.json", ".codex/hooks.json", "CODEX_HOME", _CODEX),
        Client("gemini", ".gemini/settings.json", ".gemini/settings.json", "", _GEMINI, milliseconds=True),
        Client(
            "opencode",
            ".opencode/plugin/gitorch.js",
            ".config/opencode/plugin/gitorch.js",
            "OPENCODE_CONFIG_DIR",
        ),
    )
}
"""By the name that a person types."""


def plugin(front: str) -> str:
    """The plugin by which opencode asks before a shell command (its `bash` tool)."""
    import json

    return _PLUGIN.replace("@FRONT@", json.dumps(front))


_PLUGIN = """\
// Put here by gitorch, so that it is asked before a shell command runs.
// To remove it, run: gitorch uninstall --agent opencode
import { spawnSync } from "node:child_process"
import { appendFileSync } from "node:fs"

const front = @FRONT@

export const Gitorch = async ({ directory }) => ({
  "chat.message": async ({ sessionID }) => {
    if (process.env.GITORCH_SESSION) appendFileSync(process.env.GITORCH_SESSION, sessionID + "\\n")
  },
  "tool.execute.before": async (input, output) => {
    if (input.tool !== "bash") return
    const cwd = output.args?.workdir || directory
    const said = JSON.stringify({ session_id: input.sessionID, cwd, tool_input: output.args })
    const asked = spawnSync(front, ["before-shell"], { cwd: directory, input: said, timeout: 10000 })
    if (asked.status === 2) throw new Error(String(asked.stderr))
  },
})
"""
