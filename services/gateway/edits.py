"""The use case behind changing what users say of an image: nothing is embedded, no bytes are sent."""

from pydantic import TypeAdapter, ValidationError

from shared.clients.search import SearchClient
from shared.contracts.gateway import ImagePatch
from shared.contracts.metadata import Metadata
from shared.contracts.search import Amendment, ImageRecord
from shared.errors import InvalidRequest, PreconditionFailed, TryAgain
from shared.validation import field_errors

_ATTEMPTS = 5
_METADATA = TypeAdapter(Metadata)


def entity_tag(record: ImageRecord) -> str:
    """Name this version of a record: no two writes have the same revision."""
    return f'"{record.revision}"'


class Edits:
    """Merges patches into records; a write that comes in between is seen, and the patch merged again."""

    def __init__(self, search: SearchClient) -> None:
        self._search = search

    async def patch(
        self, collection: str, image_id: str, patch: ImagePatch, admitted: frozenset[str] | None
    ) -> ImageRecord:
        """Apply a merge patch; one that changes nothing is no write.

        Args:
            collection: The collection that is meant.
            image_id: The image that is meant.
            patch: What to change.
            admitted: Entity tags of the versions that may be changed; None: whichever there is.

        Raises:
            PreconditionFailed: The image is none of these versions.
            InvalidRequest: The metadata would be more than an image may have.
        """
        for _ in range(_ATTEMPTS):
            record = await self._search.record(collection, image_id)
            if admitted is not None and entity_tag(record) not in admitted:
                raise PreconditionFailed(f"The image is at revision {record.revision}.")
            amendment = _merged(record, patch)
            if (amendment.label, amendment.metadata) == (record.label, record.metadata):
                return record
            try:
                return await self._search.amend(collection, image_id, amendment)
            except PreconditionFailed:
                continue
        raise TryAgain("The image is being changed again and again.")


def _merged(record: ImageRecord, patch: ImagePatch) -> Amendment:
    label, metadata = record.label, record.metadata
    if "label" in patch.model_fields_set:
        label = patch.label
    if "metadata" in patch.model_fields_set:
        merged = {} if patch.metadata is None else {**metadata, **patch.metadata}
        gone = {key for key, value in (patch.metadata or {}).items() if value is None}
        try:
            metadata = _METADATA.validate_python({key: value for key, value in merged.items() if key not in gone})
        except ValidationError as error:
            fields = field_errors(error.errors(), "body.metadata")
            raise InvalidRequest("The metadata would be more than an image may have.", fields) from None
    return Amendment(revision=record.revision, label=label, metadata=metadata)
