"""A collection in another embedding space, built beside the one that answers, and put in its place."""
