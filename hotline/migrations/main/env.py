"""Alembic's entry: run on the connection that `store.schema` hands over, in its transaction."""

from alembic import context

from hotline.store import migrating
from hotline.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
    on_version_apply=migrating.recorder("main"),
)
context.run_migrations()
