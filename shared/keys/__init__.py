"""API keys: tokens, and the file that their digests are kept in. Shared by the gateway and by `lookalike keys`."""
