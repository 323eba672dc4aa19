import pytest

from services.embedder.admission import Admission
from shared.errors import Overloaded


def test_what_fits_is_admitted_and_its_room_is_free_again_afterwards() -> None:
    admission = Admission(max_images=2, max_bytes=100)
    for _ in range(3):
        with admission.admit(images=2, size=100):
            pass


@pytest.mark.parametrize(("images", "size"), [(2, 10), (1, 60)])
def test_too_many_images_or_bytes_at_once_are_refused(images: int, size: int) -> None:
    admission = Admission(max_images=2, max_bytes=100)
    with admission.admit(images=1, size=50), pytest.raises(Overloaded), admission.admit(images, size):
        pass


def test_room_is_free_again_after_a_failure() -> None:
    admission = Admission(max_images=1, max_bytes=1)
    with pytest.raises(ZeroDivisionError), admission.admit(1, 1):
        raise ZeroDivisionError
    with admission.admit(1, 1):
        pass
