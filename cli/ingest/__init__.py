"""From a folder to a collection: find, hash, ask what is missing, upload it."""
