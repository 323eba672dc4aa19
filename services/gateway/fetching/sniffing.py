"""Whether a file that begins so may be an image; the decoder has the last word."""

_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM", b"II*\0", b"MM\0*")

ENOUGH = 12
"""So many bytes tell."""


def may_be_image(head: bytes) -> bool:
    """Look at the first bytes, at least `ENOUGH` where there are as many. What the server says of them is not asked."""
    if head[:4] == b"RIFF":
        return head[8:12] == b"WEBP"
    return head.startswith(_BEGINNINGS) or head[4:8] == b"ftyp"  # AVIF
