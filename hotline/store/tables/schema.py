"""What a release before must know of the schema it may find itself on."""

from sqlalchemy import Column, String, Table

from hotline.store.tables.parts import key_metadata, metadata

# Migrations that took something away, which an older program would miss. All others only add: such a program runs on.
contractions = Table("contractions", metadata, Column("revision", String(32), primary_key=True))
key_contractions = Table("key_contractions", key_metadata, Column("revision", String(32), primary_key=True))
