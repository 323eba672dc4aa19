"""Conditions on the version of what a request is about (RFC 9110): `If-Match` and `If-None-Match`."""

import re
from typing import Annotated

from fastapi import Depends, Header

_TAG = re.compile(r'(W/)?("[^"]*")')
ANY = "*"


async def _admitted(
    if_match: Annotated[
        str | None, Header(description="`ETag`s of the versions that may be changed; any, where it is left out.")
    ] = None,
) -> frozenset[str] | None:
    if if_match is None or if_match.strip() == ANY:
        return None
    return frozenset(tag for weak, tag in _TAG.findall(if_match) if not weak)


async def _known(
    if_none_match: Annotated[
        str | None, Header(description="`ETag`s of versions that the client has; these are answered with 304.")
    ] = None,
) -> frozenset[str]:
    named = if_none_match or ""
    return frozenset({ANY}) if named.strip() == ANY else frozenset(tag for _, tag in _TAG.findall(named))


Admitted = Annotated[frozenset[str] | None, Depends(_admitted)]
"""Entity tags of the versions that may be changed; None: whichever there is."""

Known = Annotated[frozenset[str], Depends(_known)]
"""Entity tags of the versions that the client has; `ANY` where it wants none at all."""
