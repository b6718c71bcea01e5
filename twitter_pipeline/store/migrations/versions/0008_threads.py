"""Threads: an attempt has a row for each of its posts."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("publishing_attempts") as attempts:
        attempts.add_column(sa.Column("part", sa.SmallInteger(), server_default="1", nullable=False))
        attempts.add_column(sa.Column("parts", sa.SmallInteger(), server_default="1", nullable=False))
        attempts.add_column(sa.Column("more", sa.JSON(), nullable=True))
        attempts.add_column(sa.Column("reply_to", sa.Text(), nullable=True))
        attempts.drop_constraint(op.f("uq_publishing_attempts_task_id_number"), type_="unique")
        attempts.create_unique_constraint(
            op.f("uq_publishing_attempts_task_id_number_part"), ["task_id", "number", "part"]
        )
    followed = sa.text("part < parts")
    op.create_index(
        "ix_publishing_attempts_followed",
        "publishing_attempts",
        ["task_id"],
        sqlite_where=followed,
        postgresql_where=followed,
    )
