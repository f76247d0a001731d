"""Everything that is rendered from the sources and can be deleted at any time."""
