import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from services.embedder.weights.torchscript import read_convolutions

NUMBERS = np.arange(24, dtype="<f4")


def text(value: str) -> bytes:
    return b"X" + len(value).to_bytes(4, "little") + value.encode()


def number(value: int) -> bytes:
    return b"J" + value.to_bytes(4, "little", signed=True)


def tuple_of(*values: bytes) -> bytes:
    return b"(" + b"".join(values) + b"t"


def name(module: str, attribute: str) -> bytes:
    return f"c{module}\n{attribute}\n".encode()


def tensor(
    size: tuple[int, ...], stride: tuple[int, ...], offset: int = 0, kind: str = "FloatStorage", count: int = 24
) -> bytes:
    """Pickle a tensor as TorchScript does, with its numbers in the member `data/0`."""
    storage = tuple_of(text("storage"), name("torch", kind), text("0"), text("cpu"), number(count)) + b"Q"
    hooks = name("collections", "OrderedDict") + b")R"
    shape = tuple_of(*map(number, size)), tuple_of(*map(number, stride))
    return name("torch._utils", "_rebuild_tensor_v2") + tuple_of(storage, number(offset), *shape, b"\x89", hooks) + b"R"


def module(**attributes: bytes) -> bytes:
    items = b"".join(text(key) + value for key, value in attributes.items())
    return name("__torch__.net", "Layer") + b")\x81}(" + items + b"ub"


def convolution(weight: bytes = tensor((2, 3, 2, 2), (12, 4, 2, 1)), **others: bytes) -> bytes:
    vector = tensor((2,), (1,), offset=4)
    return module(weight=weight, beta=vector, mean=vector, var=vector, **others)


@pytest.fixture
def archive(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(root: bytes) -> Path:
        path = tmp_path / "weights.pt"
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("net/data.pkl", b"\x80\x02" + root + b".")
            file.writestr("net/data/0", NUMBERS.tobytes())
        return path

    return write


def test_convolutions_are_read_in_the_order_of_the_file(archive: Callable[[bytes], Path]) -> None:
    second = convolution(tensor((2, 1, 1, 1), (1, 1, 1, 1), offset=22))
    found = read_convolutions(archive(module(training=b"\x89", block=module(first=convolution()), last=second)))
    assert [one.weight.shape for one in found] == [(2, 3, 2, 2), (2, 1, 1, 1)]
    np.testing.assert_array_equal(found[0].weight.ravel(), NUMBERS)
    np.testing.assert_array_equal(found[0].beta, [4, 5])
    np.testing.assert_array_equal(found[1].weight.ravel(), [22, 23])


def test_lists_of_integers_are_admitted(archive: Callable[[bytes], Path]) -> None:
    integers = name("torch.jit._pickle", "build_intlist") + b"(](J\x01\0\0\0etR"
    assert len(read_convolutions(archive(module(stride=integers, conv=convolution())))) == 1


class Hostile:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (exec, ("raise SystemExit('executed')",))


@pytest.mark.parametrize(
    "wanted",
    [
        ("builtins", "eval"),
        ("posix", "system"),
        ("collections", "OrderedDict.fromkeys"),
        ("torch", "DoubleStorage"),
        ("__torch__", "Layer"),
        ("numpy", "load"),
    ],
)
def test_any_other_name_is_refused(archive: Callable[[bytes], Path], wanted: tuple[str, str]) -> None:
    with pytest.raises(pickle.UnpicklingError, match="not admitted"):
        read_convolutions(archive(module(trap=name(*wanted))))


def test_a_hostile_pickle_executes_nothing(archive: Callable[[bytes], Path]) -> None:
    with pytest.raises(pickle.UnpicklingError, match="not admitted"):
        read_convolutions(archive(pickle.dumps(Hostile(), protocol=2)[2:-1]))


@pytest.mark.parametrize(
    "weight",
    [
        tensor((2, 3, 2, 2), (12, 4, 2, 1), offset=1),
        tensor((2, 3, 2, 2), (12, 4, 2, 1), offset=-1),
        tensor((2, 3, 2, 2), (1, 2, 4, 12)),
        tensor((2, 3, 2, 2), (12, 4, 2, 1), count=25),
        tensor((2, 3, 2, 2), (12, 4, 2, 1), kind="DoubleStorage"),
    ],
    ids=["beyond the end", "before the start", "other layout", "numbers missing", "other type"],
)
def test_a_tensor_that_is_not_what_it_says_is_refused(archive: Callable[[bytes], Path], weight: bytes) -> None:
    with pytest.raises(pickle.UnpicklingError):
        read_convolutions(archive(convolution(weight)))
