"""Fills a collection after the start."""

from dataclasses import dataclass
from pathlib import Path

from cli.ingest.report import ingest_and_report
from cli.ingest.scan import Folder
from cli.serving import samples
from cli.serving.samples import Sample
from shared.clients.gateway import GatewayClient


@dataclass(frozen=True, slots=True)
class Loader:
    """Loads a folder, or a sample into a collection that is empty or where loading it was interrupted."""

    client: GatewayClient
    url: str
    collection: str
    data: Path

    async def load_folder(self, images: Path) -> None:
        """Add the images that are not there yet.

        Raises:
            CommandFailed: The gateway went away, or refuses whatever comes.
        """
        await ingest_and_report(self.client, self.url, Folder(images), self.collection)

    async def load_sample(self, sample: Sample) -> None:
        """Load a sample where there is need for it.

        Raises:
            CommandFailed: The sample could not be fetched, or as for `load_folder`.
        """
        interrupted = self.data / f".loading-{self.collection}"
        if sample is Sample.NONE or (await self.size() and not interrupted.exists()):
            return
        interrupted.touch()
        await self.load_folder(await samples.prepare(sample, self.data))
        interrupted.unlink()

    async def size(self) -> int:
        """Count the images of the collection."""
        stats = await self.client.stats()
        return sum(held.images for held in stats.search.collections if held.name == self.collection)
