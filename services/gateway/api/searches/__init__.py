"""Searching, one file a way."""

from fastapi import APIRouter

from services.gateway.api.searches import by_id, by_upload, by_url, by_vector

router = APIRouter(prefix="/v1", tags=["search"])
for way in (by_upload, by_id, by_url, by_vector):
    router.include_router(way.router)
