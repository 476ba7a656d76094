"""Where the tables are gathered: the main database's, and apart from it that of the wrapped keys."""

from sqlalchemy import Column, Index, MetaData, String, text

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)
key_metadata = MetaData(naming_convention=NAMES)


def row_id(name: str = "id", **more: bool) -> Column[str]:
    return Column(name, String(36), **more)  # type: ignore[arg-type]


def unique_where(name: str, *columns: Column[str], where: str) -> Index:
    return Index(name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where))
