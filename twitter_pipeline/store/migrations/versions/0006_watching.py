"""What the pipeline sees of itself, and how it eases what is wrong."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _easing()


def _easing() -> None:
    """What is restricted for a while, and how X answered an account last."""
    is_open = sa.text("ended_at IS NULL")
    op.create_table(
        "easings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stepped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_easings")),
    )
    op.create_index(
        "ix_easings_open",
        "easings",
        ["action", "scope"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_index(op.f("ix_easings_action_scope_began_at"), "easings", ["action", "scope", "began_at"])
    op.add_column("api_keys", sa.Column("errors_in_a_row", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("api_keys", sa.Column("erring_task_id", sa.BigInteger(), nullable=True))
