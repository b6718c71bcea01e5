"""Captions that X was given for a video, and the labels that a post was sent with."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("media_uploads", sa.Column("captions_of", sa.Text(), nullable=False, server_default=""))
    op.add_column("publishing_attempts", sa.Column("labels", sa.JSON(), nullable=True))
