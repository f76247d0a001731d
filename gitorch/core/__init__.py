"""Values and pure functions; nothing here does I/O or looks at a clock."""
