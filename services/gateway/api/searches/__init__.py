"""Searching, one file a way."""

from fastapi import APIRouter

from services.gateway.api.searches import by_id, by_upload, by_url, by_vector

# Each way has the whole prefix itself: logs, metrics and traces name a route by what it knows of its address.
router = APIRouter()
for way in (by_upload, by_id, by_url, by_vector):
    router.include_router(way.router)
