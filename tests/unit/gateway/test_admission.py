import pytest

from services.gateway.admission import Admission
from shared.errors import Overloaded


def test_work_beyond_the_limit_is_turned_away_until_a_place_is_free() -> None:
    admission = Admission(2)
    with admission.slot():
        with admission.slot(), pytest.raises(Overloaded), admission.slot():
            pass
        with admission.slot():
            pass


def test_failed_work_gives_its_place_back() -> None:
    admission = Admission(1)
    with pytest.raises(ZeroDivisionError), admission.slot():
        1 / 0  # noqa: B018
    with admission.slot():
        pass
