"""Files that try a decoder: of every format, whole, damaged, hostile and strange. Drawn and made here, each the same
bytes in every run.
"""

import random
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from tests.support import images
from tests.support.images import picture

SMALL = picture(5, (48, 32))
FRAMES = [picture(seed, (48, 32)) for seed in range(40)]
MODES = {
    "JPEG": ("L", "RGB", "CMYK", "YCbCr"),
    "PNG": ("1", "L", "LA", "P", "I;16", "RGB", "RGBA"),
    "WEBP": ("L", "RGB", "RGBA", "RGBX"),
    "GIF": ("1", "L", "P", "RGB", "RGBA"),
    "BMP": ("1", "L", "P", "RGB", "RGBA"),
    "TIFF": ("1", "L", "LA", "P", "PA", "I", "I;16", "F", "RGB", "RGBX", "RGBA", "CMYK", "YCbCr", "LAB"),
    "AVIF": ("L", "LA", "RGB", "RGBA"),
}
TIFF_COMPRESSIONS = ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "group3", "group4", "lzma", "zstd")
ODD_SIZES = ((1, 1), (1, 999), (999, 1), (7, 13))
FLIPS = 12
SEED = 20240613


def corpus() -> dict[str, bytes]:
    """Name and bytes of every file; the name ends like that of another kind of file."""
    made: dict[str, bytes] = {}
    for part in (_modes, _sizes, _truncated, _flipped, _empty, _huge, _many_frames, _nested_tiffs, _metadata, _coded):
        for name, data in part():
            assert name not in made, name
            made[name] = data
    return made


def _plain() -> Iterator[tuple[str, bytes]]:
    for media_type, encode in images.ENCODERS.items():
        yield media_type.partition("/")[2], encode(SMALL)


def _modes() -> Iterator[tuple[str, bytes]]:
    for media_format, modes in MODES.items():
        for mode in modes:
            yield f"{media_format} of mode {mode}.doc", images.encoded(in_mode(SMALL, mode), media_format)
    for compression in TIFF_COMPRESSIONS:
        mode = "1" if compression.startswith("group") else "RGB"
        yield f"tiff by {compression}.gif", images.tiff(SMALL.convert(mode), compression=compression)
    yield "tiff of many tiles.bmp", images.tiff(picture(1, (300, 200)), tiffinfo={278: 1})
    yield "progressive jpeg.png", images.jpeg(SMALL, progressive=True)
    yield "arithmetic is no jpeg of ours.jpg", images.jpeg(SMALL).replace(b"\xff\xc0", b"\xff\xc9", 1)


def in_mode(image: Image.Image, mode: str) -> Image.Image:
    """Convert by whatever steps it takes."""
    for way in ((), ("RGB",), ("RGBA",), ("L",), ("L", "I")):
        try:
            converted = image
            for step in (*way, mode):
                converted = converted.convert(step)
        except ValueError:
            continue
        return converted
    if mode == "LAB":
        return Image.merge("LAB", image.split())
    raise AssertionError(mode)


def _sizes() -> Iterator[tuple[str, bytes]]:
    for media_type, encode in images.ENCODERS.items():
        for size in ODD_SIZES:
            yield f"{media_type} {size}.tif", encode(picture(2, size))


def _truncated() -> Iterator[tuple[str, bytes]]:
    for name, data in _plain():
        for tenth in range(1, 10):
            yield f"{name} cut at {tenth} tenths.png", images.truncated(data, tenth / 10)


def _flipped() -> Iterator[tuple[str, bytes]]:
    chance = random.Random(SEED)
    for name, data in _plain():
        for number in range(FLIPS):
            damaged = bytearray(data)
            for _ in range(chance.choice((1, 1, 4, 64))):
                damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
            yield f"{name} with flipped bits {number}.jpg", bytes(damaged)


def _empty() -> Iterator[tuple[str, bytes]]:
    yield "nothing.jpg", b""
    yield "one zero.jpg", b"\0"
    yield "zeros.jpg", bytes(100_000)
    yield "a document.jpg", images.not_an_image()
    for name, data in _plain():
        yield f"{name} of which only the signature is left.jpg", data[:12]
        yield f"{name} that goes on with zeros.jpg", data[:32] + bytes(10_000)
        yield f"{name} with a film behind it.jpg", data + random.Random(SEED).randbytes(50_000)
        yield f"{name} twice.jpg", data + data
        yield f"{name} after a line of text.jpg", b"hello\n" + data


def _huge() -> Iterator[tuple[str, bytes]]:
    yield "100 megapixels in 12 kB.jpg", images.bomb()
    yield "one row of 65 million.jpg", png_header(65_000_000, 1)
    yield "one column of 63 million.jpg", png_header(1, 63_000_000)
    yield "png of 2**31 - 1 squared.jpg", png_header(2**31 - 1, 2**31 - 1)
    yield "png of no pixels.jpg", png_header(0, 0)
    jpeg = images.jpeg(SMALL)
    at = jpeg.index(b"\xff\xc0") + 5
    for height, width in ((65535, 65535), (65500, 900), (0, 0), (1, 65535)):
        yield f"jpeg that says {width} x {height}.png", jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]
    gif = images.gif(SMALL)
    for width, height in ((65535, 65535), (0, 0), (8000, 8000)):
        yield f"gif that says {width} x {height}.png", gif[:6] + struct.pack("<HH", width, height) + gif[10:]
    bmp = images.bmp(SMALL)
    for width, height in ((2**31 - 1, 2**31 - 1), (0, 0), (-5, 5), (7999, -7999), (5, -(2**31))):
        yield f"bmp that says {width} x {height}.png", bmp[:18] + struct.pack("<ii", width, height) + bmp[26:]
    webp = images.webp(SMALL)
    yield "webp that says 16384 squared.png", webp[:21] + b"\xff\xff\xff\x0f" + webp[25:]
    avif = images.avif(SMALL)
    ispe = avif.index(b"ispe") + 8
    for side in (0, 8000, 2**31, 2**32 - 1):
        yield f"avif that says {side} squared.png", avif[:ispe] + struct.pack(">II", side, side) + avif[ispe + 8 :]
    for width, height in ((2**32 - 1, 2**32 - 1), (0, 0), (8000, 8000), (1, 60_000_000)):
        yield f"tiff that says {width} x {height}.png", tiff_file([{256: width, 257: height}])


def _many_frames() -> Iterator[tuple[str, bytes]]:
    # Copies: Pillow leaves in an image how it was written as a JPEG, and writes a TIFF in the same way afterwards.
    first, *others = [frame.copy() for frame in FRAMES]
    more = {"save_all": True, "append_images": others}
    yield "animated gif.png", images.animated_gif(FRAMES)
    yield "animated webp.png", images.webp(first, **more)
    yield "animated png.gif", images.png(first, **more)
    yield "tiff of many pages.png", images.tiff(first, **more)
    yield "photo with previews.png", images.encoded(first, "MPO", **more)
    yield "animated avif.png", images.avif(first, **more)
    frame = images.gif(SMALL)[13 + 3 * 256 : -1]
    yield "gif of 20,000 frames.png", images.gif(SMALL)[:-1] + frame * 20_000 + b";"
    yield "gif of comments.png", gif_with(b"\x21\xfe" + (b"\xff" + b"c" * 255) * 20_000 + b"\0")
    yield "gif whose frames lie outside.png", gif_with(b"\x2c" + struct.pack("<HHHHB", 60000, 60000, 60000, 60000, 0))


def gif_with(block: bytes) -> bytes:
    whole = images.gif(SMALL)
    at = whole.index(b"\x2c", 13 + 3 * (2 << (whole[10] & 7)))
    return whole[:at] + block + whole[at:]


def _nested_tiffs() -> Iterator[tuple[str, bytes]]:
    yield "tiff whose pages go in a circle.png", tiff_file([{256: 4, 257: 4}], next_page=8)
    yield "tiff of 5,000 pages.png", tiff_file([{256: 4, 257: 4}] * 5_000)
    yield "tiff whose parts are itself.png", tiff_file([{256: 4, 257: 4, 330: 8, 34665: 8, 34853: 8, 40965: 8}])
    yield "tiff with a tiff inside.png", tiff_file([{256: 4, 257: 4, 273: 200}]) + images.tiff(SMALL) * 3
    yield "tiff of endless strips.png", tiff_file([{256: 1, 257: 2**24, 278: 1}])
    yield "tiff of a million tags.png", b"II*\0\x08\0\0\0\xff\xff" + bytes(12 * 65535)
    yield "tiff with a tag of 4 GB.png", tiff_file([{256: 4, 257: 4}], count=2**32 - 1)
    yield "tiff without pages.png", b"II*\0\0\0\0\0"
    yield "big tiff.png", images.tiff(SMALL, big_tiff=True)
    yield "big tiff of nothing.png", b"II+\0\x08\0\0\0" + b"\xff" * 64


def tiff_file(pages: list[dict[int, int]], next_page: int = 0, count: int = 1) -> bytes:
    """Write pages of given tags, each a number; those that a grey image needs are added. The last leads to another."""
    written = b"II*\0" + struct.pack("<I", 8)
    for number, tags in enumerate(pages):
        all_tags = sorted(({258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 2**31, 279: 16} | tags).items())
        size = 2 + 12 * len(all_tags) + 4
        follows = len(written) + size if number < len(pages) - 1 else next_page
        body = b"".join(struct.pack("<HHII", tag, 4, count, value) for tag, value in all_tags)
        written += struct.pack("<H", len(all_tags)) + body + struct.pack("<I", follows)
    return written + bytes(64)


def _metadata() -> Iterator[tuple[str, bytes]]:
    garbage = random.Random(SEED).randbytes(5_000)
    exifs = {
        "garbage": b"Exif\0\0" + garbage,
        "a circle": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\x08\0\0\0",
        "orientation 99": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x63\0\0\0\0\0\0\0",
        "orientation of text": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x04\0\0\0abc\0\0\0\0\0",
        "nothing": b"Exif\0\0",
    }
    described = Image.Exif()
    described[0x010E] = "a description that is long enough to be found"
    for order in (b"II*\0", b"MM\0*"):
        whole = images.avif(SMALL, exif=described)
        yield f"avif with exif that begins like {order!r}.bmp", whole.replace(order, b"\x99" * 4)
    writers = {"jpeg": images.jpeg, "png": images.png, "webp": images.webp, "avif": images.avif, "tiff": images.tiff}
    for name, write in writers.items():
        for kind, exif in exifs.items():
            if name not in ("tiff", "avif"):  # Pillow would read it
                yield f"{name} with exif of {kind}.bmp", write(SMALL, exif=exif)
        for kind, profile in {"garbage": garbage, "zeros": bytes(200_000), "one byte": b"x"}.items():
            yield f"{name} with a profile of {kind}.bmp", write(SMALL, icc_profile=profile)
    for name in ("jpeg", "webp", "avif", "png"):
        xmp = {"xmp": b"<x:xmpmeta>" + b"<a>" * 10_000}
        yield f"{name} with endless xmp.bmp", writers[name](SMALL, **xmp)
    text = zlib.compress(bytes(100_000_000), 9)
    yield "png whose text unpacks to 100 MB.bmp", png_with(b"zTXt", b"Comment\0\0" + text)
    yield "png whose profile unpacks to 100 MB.bmp", png_with(b"iCCP", b"icc\0\0" + text)
    yield "png whose long text unpacks to 100 MB.bmp", png_with(b"iTXt", b"Comment\0\1\0\0\0" + text)
    yield "png of 50,000 texts.bmp", png_with(b"tEXt", b"Comment\0hello", times=50_000)
    yield "jpeg of 500 comments.bmp", jpeg_with((b"\xff\xfe" + struct.pack(">H", 60_000) + bytes(59_998)) * 500)
    yield (
        "jpeg of profiles without end.bmp",
        jpeg_with((b"\xff\xe2" + struct.pack(">H", 2_016) + b"ICC_PROFILE\0\x01\xff" + bytes(2_000)) * 255),
    )


def jpeg_with(segments: bytes) -> bytes:
    whole = images.jpeg(SMALL)
    return whole[:2] + segments + whole[2:]


def _coded() -> Iterator[tuple[str, bytes]]:
    png = images.png(SMALL)
    at = png.index(b"IDAT")
    yield "png of a wrong sum.gif", png[: at + 20] + bytes([png[at + 20] ^ 1]) + png[at + 21 :]
    yield "png whose end has a wrong sum.gif", png[:-2] + b"xx"
    yield "png whose pixels come twice.gif", png[:-12] + png[at - 4 :]
    yield "png whose chunk has no end.gif", png[: at - 4] + b"\x7f\xff\xff\xff" + png[at:]
    yield "png of an endless stream.gif", png_with(b"IDAT", zlib.compress(bytes(50_000_000), 9))
    yield "interlaced png that is cut.gif", png[:28] + b"\1" + png[29:]
    jpeg = images.jpeg(SMALL)
    scan = jpeg.index(b"\xff\xda")
    restart = b"\xff\xdd\0\4"
    for interval in (1, 0xFFFF):
        cut = jpeg[:scan] + restart + struct.pack(">H", interval) + jpeg[scan:]
        yield f"jpeg that promises a restart every {interval}.gif", cut
    yield "jpeg of restarts.gif", jpeg[: scan + 14] + b"\xff\xd0\xff\xd5" * 50_000 + jpeg[scan + 14 :]
    yield "jpeg of fillers.gif", jpeg[:scan] + b"\xff" * 500_000 + jpeg[scan:]
    yield "jpeg without tables.gif", jpeg[:2] + jpeg[scan - 19 :]
    yield "jpeg of 200 scans.gif", jpeg_of_scans((64, 64), 200)
    lossy = images.webp(SMALL, lossless=False)
    yield "webp whose length lies.gif", lossy[:4] + b"\xff\xff\xff\x7f" + lossy[8:]
    avif = images.avif(SMALL)
    yield "avif whose boxes have no length.gif", avif[:32] + bytes(4) + avif[36:]
    yield (
        "avif of boxes in boxes.gif",
        avif[:32] + b"".join(struct.pack(">I", 8 * (2_000 - depth)) + b"meta" for depth in range(2_000)),
    )


def jpeg_of_scans(size: tuple[int, int], scans: int) -> bytes:
    """Write a valid progressive JPEG whose last scan, a few bytes, comes many times more: each costs a whole pass."""
    whole = images.jpeg(Image.new("L", size, 128), progressive=True)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last * scans + whole[-2:]


def png_header(width: int, height: int) -> bytes:
    """Write a PNG of one bit a pixel that promises these many, and has a few."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND")


def png_with(kind: bytes, body: bytes, times: int = 1) -> bytes:
    """Write a PNG with a further chunk, or many, before its pixels."""
    whole = images.png(SMALL)
    at = whole.index(b"IDAT") - 4
    return whole[:at] + chunk(kind, body) * times + whole[at:]


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
