"""Where InceptionV3's weights come from, and that they are what their name says."""

from services.embedder.weights.choice import find, obtain
from services.embedder.weights.source import Weights, WeightsUnavailable

__all__ = ["Weights", "WeightsUnavailable", "find", "obtain"]
