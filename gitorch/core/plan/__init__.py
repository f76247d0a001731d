"""From what a person wrote (JSON, YAML, Markdown) to a checked plan in waves."""
