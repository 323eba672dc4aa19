import pytest

from shared import regions
from shared.contracts.region import WHOLE, Region
from shared.errors import InvalidRegion


@pytest.mark.parametrize("text", ["0.25,0,0.5,1", " 0.25, 0 ,.5,1.0"])
def test_four_fractions_are_a_region(text: str) -> None:
    assert regions.parse(text) == Region(x=0.25, y=0, width=0.5, height=1)


@pytest.mark.parametrize("region", [WHOLE, Region(x=1 / 3, y=2 / 7, width=2 / 3, height=1e-9)])
def test_a_region_survives_the_way_through_an_address(region: Region) -> None:
    assert regions.parse(str(region)) == region


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "0,0,1",
        "0,0,1,1,1",
        "a,b,c,d",
        "0,0,0,1",
        "0,0,-1,1",
        "-0.1,0,0.5,1",
        "0.6,0,0.5,1",
        "0,0.6,0.5,0.5",
        "1,0,1,1",
        "nan,0,1,1",
        "0,0,inf,1",
        "0,0,100,100",
        "0;0;1;1",
    ],
)
def test_anything_else_is_an_invalid_region(text: str) -> None:
    with pytest.raises(InvalidRegion, match="x,y,w,h"):
        regions.parse(text)
