"""Indexes that a Qdrant server, or a cluster of them, keeps for all search services of a store."""
