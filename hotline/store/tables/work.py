"""How many conversations a person has and may have: the row that two who bring one more meet at."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, Table

from hotline.store.tables.parts import metadata

work = Table(
    "work",
    metadata,
    Column("staff_id", ForeignKey("staff.id"), primary_key=True),
    Column(
        "talks",
        Integer,
        nullable=False,
        comment="conversations when the last one was taken, that one included",
    ),
    Column("ceiling", Integer, nullable=False, comment="how many there might be at that moment"),
    CheckConstraint("talks <= ceiling", name="ceiling"),  # whatever the program forgot to ask
)
