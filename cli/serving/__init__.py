"""All services in one process tree, and what they are filled with at their first start."""
