"""gitorch: many workers write, nobody commits, one validated commit lands."""

__version__ = "0.1.0"
