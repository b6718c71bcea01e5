"""An account counts the readings of its timeline that lacked posts, so that they end."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("timeline_gaps", sa.Integer(), nullable=False, server_default="0"))
