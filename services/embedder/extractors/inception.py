"""InceptionV3 in TensorFlow, which no other file imports and this one only when a network is built."""

import os
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.embedder.recipes import Recipe, embedding_space
from services.embedder.weights.source import Weights, WeightsUnavailable
from services.embedder.weights.torchscript import read_convolutions
from shared.contracts.embedding import EmbeddingSpace


class InceptionExtractor:
    """One recipe, computed from pixels to vector in one graph of TensorFlow's.

    Args:
        recipe: What to compute.
        weights: The file to take the network's weights from.
        largest_batch: Most images that will come together; as many go through the network once before the first call,
            and so does a single one, so that no caller waits for TensorFlow to prepare itself.

    Raises:
        WeightsUnavailable: The file does not hold the weights of this network.
    """

    def __init__(self, recipe: Recipe, weights: Weights, largest_batch: int) -> None:
        self.recipe: Recipe = recipe
        self.space: EmbeddingSpace = embedding_space(recipe, weights.name, weights.sha256, weights.network)
        self._graph = _graph(recipe, _network(weights))
        for size in (1, largest_batch):
            self.extract(np.zeros((size, recipe.image_size, recipe.image_size, 3), np.float32))

    def extract(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        vectors: NDArray[np.float32] = self._graph(images)[0].numpy()
        return vectors

    def maps(self, images: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        return tuple(features.numpy() for features in self._graph(images)[1])


def _network(weights: Weights) -> Any:
    # TensorFlow writes pages about graphics cards that are not there; whoever wants to read them sets this to 0.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from tensorflow import keras

    network = keras.applications.InceptionV3(weights=None, include_top=False)
    if weights.network == "max":
        network = _with_max_pool_in_last_block(network)
    if weights.form == "torchscript":
        _assign(network, weights)
        return network
    try:
        network.load_weights(weights.path)
    except (ValueError, OSError, KeyError) as error:
        raise WeightsUnavailable(
            "The file that WEIGHTS names does not hold the weights of Keras' InceptionV3 without its classifier."
        ) from error
    return network


def _with_max_pool_in_last_block(network: Any) -> Any:
    from tensorflow import keras

    last = _in_order_of_creation(network, keras.layers.AveragePooling2D)[-1]

    def clone(layer: Any) -> Any:
        if layer is last:
            return keras.layers.MaxPooling2D(3, strides=1, padding="same", name=layer.name)
        return layer.__class__.from_config(layer.get_config())

    return keras.models.clone_model(network, clone_function=clone)


def _assign(network: Any, weights: Weights) -> None:
    from tensorflow import keras

    convolutions = read_convolutions(weights.path)
    layers = _in_order_of_creation(network, keras.layers.Conv2D)
    normalisations = _in_order_of_creation(network, keras.layers.BatchNormalization)
    for convolution, layer, normalisation in zip(convolutions, layers, normalisations, strict=True):
        layer.set_weights([convolution.weight.transpose(2, 3, 1, 0)])
        normalisation.set_weights([convolution.beta, convolution.mean, convolution.var])


def _in_order_of_creation(network: Any, kind: type) -> list[Any]:
    # Keras numbers the layers of a kind while it creates them; `network.layers` has another order.
    def number(layer: Any) -> int:
        found = re.search(r"_(\d+)$", layer.name)
        return int(found[1]) if found else 0

    return sorted((layer for layer in network.layers if isinstance(layer, kind)), key=number)


def _graph(recipe: Recipe, network: Any) -> Any:
    """Compile (n, side, side, 3) float32 in 0 to 255 to (n, dimensions) float32, and the maps that it is made of."""
    import tensorflow as tf
    from tensorflow import keras

    maps_of = keras.Model(network.inputs, [network.get_layer(layer.name).output for layer in recipe.layers])
    scale, offset = {"unit": (1 / 255, 0.0), "signed": (1 / 127.5, -1.0)}[recipe.pixel_scale]
    side = recipe.image_size

    def embed(images: Any) -> Any:
        parts = []
        maps = tf.nest.flatten(maps_of(images * scale + offset))
        for layer, features in zip(recipe.layers, maps, strict=True):
            part = tf.reduce_mean(features, (1, 2)) if recipe.pooling == "average" else keras.layers.Flatten()(features)
            parts.append(layer.weight * (tf.math.l2_normalize(part, axis=1) if recipe.normalise else part))
        vectors = tf.concat(parts, axis=1)
        return (tf.math.l2_normalize(vectors, axis=1) if recipe.normalise else vectors), maps

    return tf.function(embed, input_signature=[tf.TensorSpec((None, side, side, 3), tf.float32)])
