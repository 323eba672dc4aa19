"""What the services have in common: wire formats, errors, the app factory and the typed clients."""
