"""One file for each thing that a person does: gather, decide, act. Nothing here prints."""
