"""A whole build in a scratch repository, with real processes: what the README's first command runs."""
