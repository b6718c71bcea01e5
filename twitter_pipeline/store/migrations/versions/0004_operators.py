"""What the people need who run it: alerts, tokens, figures, and who did what."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Who made it: a person's name, or none where the pipeline did it by itself.
    op.add_column("publishing_log", sa.Column("actor", sa.Text(), nullable=True))
