"""The way of the system that Lookalike grew out of: a Flask app that calls `model.predict` for each image.

`python -m benchmarks.original PORT` serves it, with the weights and the input of the recipe `multilayer`.
"""

import sys
from io import BytesIO

import numpy as np
from flask import Flask, Response, request
from PIL import Image

from services.embedder import weights
from services.embedder.extractors import network
from services.embedder.settings import EmbedderSettings
from shared.settings import CacheSettings

SIDE = 299


def create_app() -> Flask:
    """Build the network and the app around it."""
    model = network.build(weights.obtain(EmbedderSettings().weights, CacheSettings().lookalike_cache))
    app = Flask(__name__)

    def readyz() -> Response:
        return Response("ready")

    def embed() -> Response:
        with Image.open(BytesIO(request.files["images"].read())) as file:
            pixels = np.asarray(file.convert("RGB").resize((SIDE, SIDE)), np.float32)
        features = model.predict(pixels[None] / 127.5 - 1, verbose=0)
        return Response(features.mean(axis=(1, 2)).tobytes())

    app.add_url_rule("/readyz", view_func=readyz)
    app.add_url_rule("/v1/embed", view_func=embed, methods=["POST"])
    return app


if __name__ == "__main__":
    create_app().run(port=int(sys.argv[1]))
