"""The public endpoints, one file a subject."""
