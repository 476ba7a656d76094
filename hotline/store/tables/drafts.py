"""What is being written about a contact and not sent or saved yet. It ends with the contact."""

from sqlalchemy import Column, ForeignKey, LargeBinary, String, Table

from hotline.store.db import Instant
from hotline.store.tables.parts import metadata, unique_where

drafts = Table(
    "drafts",
    metadata,
    Column("id", String(36), primary_key=True, comment="another with every save: it is the revision, too"),
    Column("contact_id", ForeignKey("contacts.id"), nullable=False),
    Column(
        "staff_id", ForeignKey("staff.id"), nullable=False, comment="whose it is; of a card, who wrote last"
    ),
    Column("kind", String(8), nullable=False, comment="message | note | card"),
    Column("client_id", String(80), comment="the id of the entry it will become; a card has none"),
    Column(
        "body_sealed", LargeBinary, nullable=False, comment="of a card: JSON of the fields touched so far"
    ),
    Column("saved_at", Instant, nullable=False),
)
unique_where("uq_drafts_words", drafts.c.contact_id, drafts.c.staff_id, drafts.c.kind, where="kind != 'card'")
# the card belongs to the contact: whoever goes on with the talk goes on with its card
unique_where("uq_drafts_card", drafts.c.contact_id, where="kind = 'card'")
