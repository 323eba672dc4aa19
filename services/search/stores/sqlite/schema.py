"""The tables of the store, and how a file of an earlier version becomes one of this."""

_TABLES = (
    """
    CREATE TABLE sequence (revision INTEGER NOT NULL, forgotten INTEGER NOT NULL)
    """,
    """
    INSERT INTO sequence VALUES (0, 0)
    """,
    """
    CREATE TABLE collections (
        name TEXT PRIMARY KEY,
        fingerprint TEXT NOT NULL,
        dimensions INTEGER NOT NULL,
        metric TEXT NOT NULL,
        images INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
    # What is known of bytes is kept apart from them: SQLite writes a row anew, whole, when one number of it changes.
    """
    CREATE TABLE blobs (
        sha256 TEXT PRIMARY KEY,
        size INTEGER NOT NULL,
        open_uploads INTEGER NOT NULL CHECK (open_uploads >= 0),
        put_at INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE INDEX blobs_with_open_uploads ON blobs (put_at) WHERE open_uploads > 0
    """,
    """
    CREATE TABLE contents (
        sha256 TEXT PRIMARY KEY REFERENCES blobs ON DELETE CASCADE,
        data BLOB NOT NULL
    )
    """,
    """
    CREATE TABLE thumbnails (
        sha256 TEXT PRIMARY KEY REFERENCES blobs ON DELETE CASCADE,
        data BLOB NOT NULL
    )
    """,
    # A tombstone keeps its place in the sequence and the moment it was made, nothing else. The vector is last, so that
    # reading a record does not page through it.
    """
    CREATE TABLE images (
        collection TEXT NOT NULL REFERENCES collections,
        id TEXT NOT NULL,
        revision INTEGER NOT NULL UNIQUE,
        deleted INTEGER NOT NULL,
        sha256 TEXT REFERENCES blobs,
        content_type TEXT,
        width INTEGER,
        height INTEGER,
        label TEXT,
        metadata TEXT,
        created_at INTEGER,
        updated_at INTEGER,
        vector BLOB,
        PRIMARY KEY (collection, id),
        CHECK (deleted = (sha256 IS NULL) AND deleted = (vector IS NULL))
    )
    """,
    """
    CREATE INDEX tombstones ON images (updated_at) WHERE deleted
    """,
    """
    CREATE INDEX images_by_bytes ON images (sha256, collection) WHERE sha256 IS NOT NULL
    """,
)

_IDENTITY = (
    """
    ALTER TABLE sequence ADD COLUMN identity TEXT
    """,
    """
    UPDATE sequence SET identity = lower(hex(randomblob(16)))
    """,
)

# Collections get a key beside their name, which is gone (NULL) while their last images are removed; a space that may
# come later; and what else is said of them. Those of earlier versions have their name as their key.
_KEYS = (
    """
    CREATE TABLE keyed_collections (
        key TEXT PRIMARY KEY,
        name TEXT UNIQUE,
        fingerprint TEXT,
        dimensions INTEGER,
        metric TEXT,
        recipe TEXT,
        projection TEXT,
        description TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        images INTEGER NOT NULL,
        CHECK ((fingerprint IS NULL) = (dimensions IS NULL) AND (fingerprint IS NULL) = (metric IS NULL))
    ) WITHOUT ROWID
    """,
    """
    INSERT INTO keyed_collections
    SELECT name, name, fingerprint, dimensions, metric, NULL, NULL, '',
           coalesce((SELECT min(created_at) FROM images WHERE collection = name), 1000000 * strftime('%s', 'now')),
           images
    FROM collections
    """,
    """
    DROP TABLE collections
    """,
    """
    ALTER TABLE keyed_collections RENAME TO collections
    """,
    """
    CREATE TABLE aliases (
        name TEXT PRIMARY KEY,
        collection TEXT NOT NULL REFERENCES collections
    ) WITHOUT ROWID
    """,
    """
    CREATE INDEX aliases_of ON aliases (collection)
    """,
)

_DECISIONS = (
    """
    CREATE TABLE decisions (
        collection TEXT NOT NULL REFERENCES collections ON DELETE CASCADE,
        id TEXT NOT NULL,
        ids TEXT NOT NULL,
        verdict TEXT NOT NULL,
        keep TEXT,
        decided_at INTEGER NOT NULL,
        PRIMARY KEY (collection, id)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE decided_images (
        collection TEXT NOT NULL,
        image TEXT NOT NULL,
        decision TEXT NOT NULL,
        PRIMARY KEY (collection, image, decision),
        FOREIGN KEY (collection, decision) REFERENCES decisions ON DELETE CASCADE
    ) WITHOUT ROWID
    """,
    """
    CREATE INDEX images_of_decisions ON decided_images (collection, decision)
    """,
)

STEPS = (_TABLES, _IDENTITY, _KEYS, _DECISIONS)
"""The statements that lead from each version to the next; an empty file has version 0."""

VERSION = len(STEPS)
