"""InceptionV3 as Keras builds it, with one set of weights, frozen to the graph of one recipe.

This is the one place where a network comes from: every runtime computes the graph that is made here.
"""

import math
import os
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from services.embedder.pooling import resampling, whole_shares
from services.embedder.recipes import Recipe
from services.embedder.weights.source import Weights, WeightsUnavailable
from services.embedder.weights.torchscript import read_convolutions

IMAGES = "images"


def map_name(layer: int) -> str:
    """Name the output that is the map of the recipe's layer of this number."""
    return f"map_{layer}"


def part_name(layer: int) -> str:
    """Name the output that is what is pooled of that map."""
    return f"part_{layer}"


def frozen(recipe: Recipe, weights: Weights) -> bytes:
    """Build the network and freeze it: its weights become constants of the graph.

    Returns:
        A serialised GraphDef, from `IMAGES`, (n, side, side, 3) float32 in 0 to 255, to the map of each of the
        recipe's layers, (n, rows, columns, channels) float32, and the part of the vector that is pooled of it, (n,
        length) float32. What is left to do for a vector, `pooling.join` does.

    Raises:
        WeightsUnavailable: The file does not hold the weights of this network.
    """
    # TensorFlow writes pages about graphics cards that are not there; whoever wants to read them sets this to 0.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf
    from tensorflow import keras

    network = build(weights)
    maps_of = keras.Model(network.inputs, [network.get_layer(layer.name).output for layer in recipe.layers])
    scale, offset = {"unit": (1 / 255, 0.0), "signed": (1 / 127.5, -1.0)}[recipe.pixel_scale]
    side = recipe.image_size
    values = [(variable, variable.numpy()) for variable in maps_of.variables]
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder(tf.float32, (None, side, side, 3), name=IMAGES)
        with keras.StatelessScope(state_mapping=[(variable, tf.constant(value)) for variable, value in values]):
            signed = images * scale + offset
            maps = tf.nest.flatten(maps_of(signed))
            others = [tf.nest.flatten(maps_of(_resampled(signed, size))) for size in recipe.seen_at if size != side]
            maps = [_averaged(layer) for layer in zip(maps, *others, strict=True)]
        for number, features in enumerate(maps):
            length = math.prod(features.shape[1:])
            average = recipe.pooling == "average"
            part = _mean(features, recipe) if average else tf.reshape(features, (-1, length))
            tf.identity(features, name=map_name(number))
            tf.identity(part, name=part_name(number))
    serialised: bytes = graph.as_graph_def().SerializeToString()
    return serialised


def _averaged(maps: Sequence[Any]) -> Any:
    """Average maps of one layer on the grid of the first one."""
    first, *others = maps
    return (first + sum(_resampled(features, first.shape[1]) for features in others)) / len(maps) if others else first


def _resampled(features: Any, side: int) -> Any:
    """Resample by two products with constant matrices, which every runtime knows."""
    import tensorflow as tf

    shares = tf.constant(resampling(features.shape[1], side))
    rows = tf.tensordot(features, shares, [[1], [1]])  # (n, columns, channels, side)
    return tf.transpose(tf.tensordot(rows, shares, [[1], [1]]), [0, 2, 3, 1])


def _mean(features: Any, recipe: Recipe) -> Any:
    import tensorflow as tf

    if recipe.spread is None:
        return tf.reduce_mean(features, (1, 2))
    down, across = (whole_shares(features.shape[axis], recipe.spread) for axis in (1, 2))
    weights = np.outer(down, across)[None, :, :, None]
    return tf.reduce_sum(features * weights, (1, 2))


def build(weights: Weights) -> Any:
    """Build Keras' InceptionV3 without its classifier, for pictures of any size in [-1, 1].

    Raises:
        WeightsUnavailable: The file does not hold the weights of this network.
    """
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
