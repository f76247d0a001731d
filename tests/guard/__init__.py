"""The guard: real git, real hooks, other hook managers."""
