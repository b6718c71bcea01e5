"""A task knows that a person has cancelled it while a run was at work."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("publishing_tasks", sa.Column("stop_asked_at", sa.DateTime(timezone=True), nullable=True))
