"""A whole collection in one file: written so that it can be gone on with, read as something from a stranger.

An archive is a plain tar file that any tool can unpack; all its members are regular files of names like these:

    lookalike.json           the manifest: version of the format, collection, what is said of it
    00000001/record.json     an image's facts, and the sizes and digests of the three files that follow
    00000001/image.jpg       its file as it was uploaded; the ending says what it is
    00000001/thumbnail.jpg
    00000001/vector.npy      float32
    00000002/record.json     the images are in the order of their ids
    ...
    complete.json            how many images there are, and the SHA-256 of all bytes before this member

The numbers keep a stranger's names out of the file system of whoever unpacks it, and ids that differ in case apart.
While it is written, an archive has the ending `.part` and no last member. Images are appended whole; where a write was
broken off, what follows the last whole image is cut off, and the next run goes on from there.
"""
