"""Where networks come from: built of weights in any form, kept, mended, and run in the precision that fits."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.embedder import weights
from services.embedder.app import RUNTIMES
from services.embedder.extractors import graph
from services.embedder.extractors.openvino import OpenVinoExtractor
from services.embedder.extractors.precision import choose
from services.embedder.extractors.tensorflow import TensorFlowExtractor
from services.embedder.processor import has_bfloat16
from services.embedder.recipes import RECIPES
from services.embedder.self_test import SelfTestFailed, cosine, verify
from services.embedder.weights import WeightsUnavailable
from services.embedder.weights.source import Weights
from tests.support.images import picture
from tests.support.networks import graph_of


@pytest.mark.parametrize("runtime", list(RUNTIMES))
def test_the_best_precision_of_the_processor_is_chosen(weights_2015: Weights, runtime: str) -> None:
    obtained = graph_of("multilayer", weights_2015)
    chosen = choose("auto", obtained, lambda precision: RUNTIMES[runtime](obtained, precision, 2))
    assert chosen.space.precision == ("bfloat16" if has_bfloat16() else "float32")


def test_bfloat16_that_does_not_agree_with_float32_is_not_used(weights_2015: Weights, tmp_path: Path) -> None:
    found = graph_of("multilayer", weights_2015)
    shutil.copytree(found.folder / "float32", tmp_path / "float32")
    np.save(tmp_path / "float32" / "reference.npy", found.reference()[::-1])
    other = replace(found, folder=tmp_path)
    chosen = choose("auto", other, lambda precision: OpenVinoExtractor(other, precision, 2))
    assert chosen.space.precision == "float32"
    with pytest.raises(SelfTestFailed, match="float32"):
        choose("bfloat16", other, lambda precision: OpenVinoExtractor(other, precision, 2))


def test_a_cache_that_cannot_be_written_to_does_not_stand_in_the_way(weights_2015: Weights) -> None:
    # Nobody can make a folder there, not even a superuser.
    built = graph.obtain(RECIPES["pooled"], weights_2015, Path("/proc/self"))
    np.testing.assert_array_equal(built.reference(), graph_of("pooled", weights_2015).reference())
    shutil.rmtree(built.folder.parent)


def test_a_damaged_graph_is_built_again(weights_2015: Weights, tmp_path: Path) -> None:
    found = graph_of("pooled", weights_2015)
    copy = tmp_path / "networks" / found.folder.name
    shutil.copytree(found.folder, copy)
    (copy / "float32" / "graph.pb").write_bytes(found.path.read_bytes()[:-1])
    mended = graph.obtain(RECIPES["pooled"], weights_2015, tmp_path)
    assert mended.folder == copy
    np.testing.assert_array_equal(mended.reference(), found.reference())
    verify(OpenVinoExtractor(mended, "float32", threads=2))


@pytest.fixture(scope="module")
def untrained() -> Any:
    from tensorflow import keras

    return keras.applications.InceptionV3(weights=None, include_top=False)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras, as it writes
@pytest.mark.parametrize("name", ["mine.weights.h5", "mine.h5", "mine.keras"])
def test_weights_in_a_file_of_keras_are_loaded(untrained: Any, tmp_path: Path, name: str) -> None:
    save = untrained.save_weights if name.endswith(".weights.h5") else untrained.save
    save(tmp_path / name)
    obtained = graph.obtain(RECIPES["pooled"], weights.obtain(str(tmp_path / name), tmp_path), tmp_path)
    extractor = TensorFlowExtractor(obtained, "float32", threads=2)
    pixels = np.asarray(picture(7, (299, 299)), np.float32)[None]
    expected = untrained(pixels / 127.5 - 1).numpy().mean(axis=(1, 2))
    assert cosine(extractor.extract(pixels)[0], expected[0]) > 0.999999
    assert extractor.space.weights == name


def test_a_file_that_holds_something_else_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "mine.h5"
    path.write_bytes(b"no numbers at all")
    with pytest.raises(WeightsUnavailable, match="does not hold the weights"):
        graph.obtain(RECIPES["pooled"], weights.obtain(str(path), tmp_path), tmp_path)
