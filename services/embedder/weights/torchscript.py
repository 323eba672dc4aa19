"""Reads the convolutions of a TorchScript file without PyTorch.

Such a file is a zip: `data.pkl` pickles the tree of modules, in which each tensor names one of the members `data/0`,
`data/1`, ... that hold the raw numbers. A pickle can call anything that its unpickler finds, so this one finds five
harmless stand-ins and nothing else.
"""

import math
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Convolution:
    """A convolution without bias, followed by batch normalisation without a scale."""

    weight: Array
    """(out, in, height, width)."""
    beta: Array
    mean: Array
    var: Array
    """Each (out,)."""


def read_convolutions(path: Path) -> list[Convolution]:
    """Read all convolutions, in the order in which the network applies its blocks.

    Raises:
        pickle.UnpicklingError: The file asks for something else than tensors in modules.
        zipfile.BadZipFile, KeyError: It is not a TorchScript file, or a part is missing.
    """
    with zipfile.ZipFile(path) as archive:
        pickled = next((name for name in archive.namelist() if name.endswith("/data.pkl")), "data.pkl")
        with archive.open(pickled) as file:
            root = _Unpickler(file, archive, pickled.removesuffix(".pkl")).load()
    return list(_convolutions(root))


class _Module:
    """Stands for every module class of the file: its attributes are all that matters."""


class _FloatStorage:
    """Names the type of numbers; never made."""


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: Any, archive: zipfile.ZipFile, folder: str) -> None:
        super().__init__(file)
        self._archive = archive
        self._folder = folder

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("__torch__."):
            return _Module
        try:
            return _ADMITTED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is not admitted") from None

    def persistent_load(self, pid: Any) -> Array:
        match pid:
            case ("storage", kind, str(key), "cpu", int(count)) if kind is _FloatStorage:
                numbers = np.frombuffer(self._archive.read(f"{self._folder}/{key}"), "<f4")
                if len(numbers) == count:
                    return numbers
        raise pickle.UnpicklingError("a tensor's numbers are missing or of another type")


def _tensor(storage: Array, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object) -> Array:
    rows = tuple(math.prod(size[axis + 1 :]) for axis in range(len(size)))
    if stride != rows or offset < 0 or offset + math.prod(size) > len(storage):
        raise pickle.UnpicklingError("a tensor is not laid out row by row inside its numbers")
    return storage[offset : offset + math.prod(size)].reshape(size)


def _integers(values: list[int]) -> list[int]:
    return values


_ADMITTED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch", "FloatStorage"): _FloatStorage,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch.jit._pickle", "build_intlist"): _integers,
}


def _convolutions(module: _Module) -> Iterator[Convolution]:
    attributes = vars(module)
    if "weight" in attributes:
        yield Convolution(**{name: attributes[name] for name in ("weight", "beta", "mean", "var")})
    for child in attributes.values():
        if isinstance(child, _Module):
            yield from _convolutions(child)
