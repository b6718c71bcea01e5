"""How the pipeline itself does: measures, alarms, and what eases them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _measures()
    _easing()


def _measures() -> None:
    time, number = sa.DateTime(timezone=True), sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    is_open = sa.text("closed_at IS NULL")

    def of_what() -> list[sa.Column[Any]]:
        return [sa.Column("name", sa.String(40), nullable=False), sa.Column("scope", sa.String(200), nullable=False)]

    op.create_table(
        "measures",
        sa.Column("at", time, nullable=False),
        *of_what(),
        sa.Column("value", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("at", "name", "scope", name=op.f("pk_measures")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "measures_hourly",
        sa.Column("hour", time, nullable=False),
        *of_what(),
        *(sa.Column(name, sa.Double(), nullable=False) for name in ("least", "mean", "most")),
        sa.PrimaryKeyConstraint("hour", "name", "scope", name=op.f("pk_measures_hourly")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "monitoring_state",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", time, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_monitoring_state")),
    )
    op.create_table(
        "alarms",
        sa.Column("id", number, nullable=False),
        *of_what(),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("over_since", time, nullable=False),
        *(sa.Column(name, time, nullable=True) for name in ("raised_at", "below_since", "closed_at")),
        sa.Column("seen_at", time, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    op.create_index(
        "ix_alarms_open", "alarms", ["name", "scope"], unique=True, sqlite_where=is_open, postgresql_where=is_open
    )
    op.create_table(
        "x_limits",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("call", sa.String(200), nullable=False),
        sa.Column("most", sa.Integer(), nullable=True),
        sa.Column("remaining", sa.Integer(), nullable=True),
        sa.Column("reset_at", time, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["api_keys.id"], name=op.f("fk_x_limits_account_id")),
        sa.PrimaryKeyConstraint("account_id", "call", name=op.f("pk_x_limits")),
    )
    # How long a scan takes, in seconds: the last whole one, and the pieces of the one under way.
    for name in ("scan_seconds", "scan_seconds_so_far"):
        op.add_column("projects", sa.Column(name, sa.Double(), nullable=True))
    # Until when it was looked after: what came due since then came due while nothing ran.
    op.add_column("projects", sa.Column("ran_until", time, nullable=True))


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
