"""What agents' clients say and are told: their hooks' events, and where each client wants what."""

NAMES = ("claude", "codex", "gemini", "opencode")
"""The clients that gitorch knows (`clients.CLIENTS`), for a command line that needs no more of them."""
