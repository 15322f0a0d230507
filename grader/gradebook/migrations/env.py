"""Run by Alembic (`database.upgrade`) with the connection to migrate, inside its transaction."""

from alembic import context

from grader.gradebook.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
