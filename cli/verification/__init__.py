"""Reads a collection back and reports what does not match: bytes, thumbnails, vectors, indexes, and the sources."""
