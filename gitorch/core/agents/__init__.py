"""What agents' clients say and are told: their hooks' events, and where each client wants what."""
