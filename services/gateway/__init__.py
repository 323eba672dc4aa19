"""The public face: one typed API that fans out to the embedder and the search service."""
