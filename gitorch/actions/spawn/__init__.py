"""Start workers and let them run by themselves; each end is one line on disk, whoever was killed."""

from gitorch.actions.spawn.look import follow, spawned
from gitorch.actions.spawn.start import Started, spawn
from gitorch.actions.spawn.stop import stop

__all__ = ["Started", "follow", "spawn", "spawned", "stop"]
