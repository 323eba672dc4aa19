"""`python -m services.embedder`: runs the embedder."""

from services.embedder.settings import EmbedderSettings
from shared import server

if __name__ == "__main__":
    server.run("services.embedder.app:create_app", EmbedderSettings)
