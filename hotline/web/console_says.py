"""What a console's page says over its open line."""

from hotline.web.body import Body, ClientId, Cursor, RowId


class Reply(Body):
    """A message of the counsellor's."""

    contact: RowId
    id: ClientId
    text: str


class Shown(Body):
    """The caller's words up to this number stand on the screen."""

    contact: RowId
    seq: Cursor


class Said(Body):
    """A frame of the page: which conversation is open and what it has of it, words for one, that some are being
    written to one, what is on the screen."""

    watch: RowId | None = None
    unwatch: RowId | None = None
    after: Cursor = 0
    reply: Reply | None = None
    typing: RowId | None = None
    shown: Shown | None = None
