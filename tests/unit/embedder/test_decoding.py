import random
import struct
import warnings
import zlib
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from services.embedder.decoding import DecodedImage, Limits, decode
from shared.errors import (
    EmptyUpload,
    ImageTooLarge,
    LookalikeError,
    UndecodableImage,
    UnsupportedMediaType,
)
from tests.support import corpus, images
from tests.support.images import mean_difference, picture
from tests.support.mutations import mutated

LIMITS = Limits(max_bytes=40 * 2**20, max_pixels=64_000_000)


def decoded(data: bytes) -> DecodedImage:
    return decode(data, LIMITS)


@pytest.mark.parametrize("content_type", images.ENCODERS)
def test_every_admitted_format_is_read(content_type: str) -> None:
    answer = decoded(images.ENCODERS[content_type](picture()))
    assert answer.content_type == content_type
    assert (answer.width, answer.height) == answer.image.size == (320, 240)
    assert answer.image.mode == "RGB"
    assert mean_difference(answer.image, picture()) < 2


@pytest.mark.parametrize("content_type", images.ENCODERS)
@pytest.mark.parametrize("keep", [0.05, 0.5, 0.9])
def test_every_format_is_refused_when_its_end_is_missing(content_type: str, keep: float) -> None:
    with pytest.raises(UndecodableImage):
        decoded(images.truncated(images.ENCODERS[content_type](picture()), keep))


def test_no_bytes_are_an_empty_upload() -> None:
    with pytest.raises(EmptyUpload):
        decoded(b"")


@pytest.mark.parametrize(
    "data",
    [
        images.not_an_image(),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        images.encoded(picture(), "PPM"),
        images.encoded(picture(), "ICO"),
        b"\xff",
    ],
    ids=["pdf", "svg", "heic", "eps", "ppm", "ico", "one byte"],
)
def test_everything_else_is_an_unsupported_type(data: bytes) -> None:
    with pytest.raises(UnsupportedMediaType):
        decoded(data)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("encode", [images.jpeg, images.png, images.webp, images.tiff, images.avif])
def test_exif_orientation_is_applied(orientation: int, encode: Callable[..., bytes]) -> None:
    answer = decoded(images.oriented(picture(3), orientation, encode))
    assert (answer.width, answer.height) == (320, 240)
    assert mean_difference(answer.image, picture(3)) < 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_to_a_draft(orientation: int) -> None:
    large = picture(3, (1600, 1200))
    answer = decode(images.oriented(large, orientation), LIMITS, draft_side=300)
    assert (answer.width, answer.height) == (1600, 1200)
    assert answer.image.size == (400, 300)
    assert mean_difference(answer.image, picture(3, (400, 300))) < 3


def test_an_image_with_damaged_exif_is_read_as_it_lies() -> None:
    damaged = images.jpeg(picture(), exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40)
    assert mean_difference(decoded(damaged).image, picture()) < 2


@pytest.mark.parametrize("make", [images.rgba_png, images.transparent_palette_png])
def test_transparency_is_shown_on_white(make: Callable[[Image.Image], bytes]) -> None:
    assert mean_difference(decoded(make(picture())).image, images.on_white(picture())) < 4


def test_transparency_of_grey_is_shown_on_white() -> None:
    expected = images.on_white(picture().convert("L"))
    assert mean_difference(decoded(images.grey_alpha_png(picture())).image, expected) < 1


def test_half_transparent_pixels_are_mixed_with_white() -> None:
    half = Image.new("RGBA", (8, 8), (0, 0, 0, 128))
    assert decoded(images.png(half)).image.getpixel((4, 4)) == (127, 127, 127)


def test_a_transparent_colour_of_a_png_without_alpha_is_white() -> None:
    data = images.png(Image.new("RGB", (8, 8), (10, 20, 30)), transparency=(10, 20, 30))
    assert decoded(data).image.getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBX", "YCbCr"])
def test_every_colour_model_becomes_rgb(mode: str) -> None:
    source = picture().convert("RGBA" if mode == "PA" else "RGB").convert(mode)
    image = decoded(images.tiff(source)).image
    assert image.mode == "RGB"
    assert mean_difference(image, source) < 1


def test_a_plain_palette_keeps_its_colours() -> None:
    assert mean_difference(decoded(images.palette_png(picture())).image, picture()) < 4


def test_cmyk_with_adobes_inversion_keeps_its_colours() -> None:
    assert mean_difference(decoded(images.cmyk_jpeg(picture())).image, picture()) < 2


def test_cmyk_without_inversion_keeps_its_colours() -> None:
    assert mean_difference(decoded(images.tiff(picture().convert("CMYK"))).image, picture()) < 2


def test_grey_of_16_bits_is_scaled_and_not_clipped() -> None:
    assert mean_difference(decoded(images.grey16_png(picture())).image, picture().convert("L")) == 0


def test_a_transparent_grey_of_16_bits_is_white() -> None:
    grey = np.full((8, 8), 4000, np.uint16)
    grey[:, :4] = 300
    # Pillow writes no such chunk for this mode: put it before the pixels by hand.
    plain = images.png(Image.fromarray(grey))
    body = b"tRNS" + struct.pack(">H", 300)
    chunk = struct.pack(">I", 2) + body + struct.pack(">I", zlib.crc32(body))
    at = plain.index(b"IDAT") - 4
    image = decoded(plain[:at] + chunk + plain[at:]).image
    assert image.getpixel((1, 1)) == (255, 255, 255)
    assert image.getpixel((6, 6)) == (15, 15, 15)


@pytest.mark.parametrize("mode", ["I", "F"])
def test_numbers_without_a_range_are_stretched_from_black_to_white(mode: str) -> None:
    grey = np.asarray(picture().convert("L"))
    wide = Image.fromarray(grey.astype(np.float32) * 1000 - 7000).convert(mode)
    spread = (grey.astype(float) - grey.min()) * 255 / (grey.max() - grey.min())
    image = decoded(images.tiff(wide)).image
    assert mean_difference(image, Image.fromarray(spread.astype(np.uint8))) < 1


def test_numbers_that_are_not_finite_do_no_harm() -> None:
    values = np.array([[0, 1, np.nan], [np.inf, -np.inf, 0.5]], np.float32)
    assert decoded(images.tiff(Image.fromarray(values))).image.getpixel((1, 0)) == (255, 255, 255)


def test_numbers_too_far_apart_to_subtract_do_no_harm() -> None:
    signalling = np.array([0x7F800001, 0x7F7FFFFF, 0xFF7FFFFF], np.uint32).view(np.float32)
    assert decoded(images.tiff(Image.fromarray(signalling[None]))).image.getpixel((1, 0)) == (255, 255, 255)


def test_one_bit_is_black_and_white() -> None:
    image = decoded(images.one_bit_png(picture())).image
    assert {colour for _, colour in image.getcolors() or []} == {(0, 0, 0), (255, 255, 255)}


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [picture(seed) for seed in range(4)]
    for data in (images.animated_gif(frames), images.webp(frames[0], save_all=True, append_images=frames[1:])):
        assert mean_difference(decoded(data).image, frames[0]) < 2


def test_a_photo_with_a_preview_behind_it_is_a_jpeg() -> None:
    both = images.encoded(picture(1, (1600, 1200)), "MPO", save_all=True, append_images=[picture(2)])
    answer = decode(both, LIMITS, draft_side=300)
    assert (answer.content_type, answer.width, answer.image.width) == ("image/jpeg", 1600, 400)
    assert mean_difference(answer.image, picture(1, (400, 300))) < 3


def test_a_bomb_is_refused_by_its_header() -> None:
    with pytest.raises(ImageTooLarge, match="100000000 pixels"):
        decoded(images.bomb())


def test_a_bomb_beyond_pillows_own_limit_is_refused_too() -> None:
    with pytest.raises(ImageTooLarge, match="more than 64000000 pixels"):
        decoded(images.bomb((20_000, 10_000)))


def test_a_side_is_bounded_however_short_the_other() -> None:
    assert decoded(images.png(picture(1, (65_535, 1)))).image.size == (65_535, 1)
    with pytest.raises(ImageTooLarge, match="65536 pixels"):
        decoded(corpus.png_header(1, 65_536))


def test_a_file_of_too_many_bytes_is_refused_unread() -> None:
    with pytest.raises(ImageTooLarge, match="bytes"):
        decode(images.png(picture()), Limits(max_bytes=1000, max_pixels=LIMITS.max_pixels))


def test_pixels_are_counted_inclusively() -> None:
    data = images.png(picture())
    assert decode(data, Limits(LIMITS.max_bytes, 320 * 240)).width == 320
    with pytest.raises(ImageTooLarge):
        decode(data, Limits(LIMITS.max_bytes, 320 * 240 - 1))


def test_a_draft_is_never_smaller_than_asked_for() -> None:
    data = images.jpeg(picture(0, (1299, 650)))
    assert decode(data, LIMITS, draft_side=325).image.size == (650, 325)
    assert decode(data, LIMITS, draft_side=326).image.size == (1299, 650)


def test_nothing_of_the_files_metadata_is_left() -> None:
    data = images.jpeg(picture(), comment=b"taken at home", exif=Image.Exif().tobytes())
    assert decoded(data).image.info == {}


def test_what_pillow_warns_of_stays_inside() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        decode(images.oriented(picture(), 6, images.tiff), LIMITS)
        with pytest.raises(ImageTooLarge):
            decoded(images.bomb((9_500, 9_500)))
    assert caught == []


def test_pillows_own_settings_are_left_alone() -> None:
    decoded(images.png(picture()))
    assert Image.MAX_IMAGE_PIXELS == 89_478_485


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(images.ENCODERS)), st.data())
def test_damaged_bytes_are_read_or_refused_and_nothing_else(content_type: str, data: st.DataObject) -> None:
    damaged = bytearray(SMALL[content_type])
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        image = decode(bytes(damaged), Limits(2**20, 1_000_000)).image
    except LookalikeError:
        return
    assert image.mode == "RGB"


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_the_strangest_files_damaged_once_more_are_read_or_refused(chance: random.Random) -> None:
    try:
        image = decode(mutated(STRANGE, chance), Limits(2**20, 1_000_000)).image
    except LookalikeError:
        return
    assert image.mode == "RGB"


STRANGE = [data for data in corpus.corpus().values() if len(data) < 100_000]
SMALL = {name: encode(picture(5, (24, 16))) for name, encode in images.ENCODERS.items()}


def test_the_test_pictures_are_what_they_say() -> None:
    assert Image.open(BytesIO(images.cmyk_jpeg(picture()))).mode == "CMYK"
    assert Image.open(BytesIO(images.grey16_png(picture()))).mode == "I;16"
    assert Image.open(BytesIO(images.transparent_palette_png(picture()))).mode == "P"
    assert len(images.bomb()) < 20_000
