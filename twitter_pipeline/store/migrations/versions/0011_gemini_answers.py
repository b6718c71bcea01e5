"""What Gemini answered, kept by what it was asked: no task pays for it again; until when Google wants to be left alone."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gemini_answers",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("model", "outcome", "why")),
        sa.Column("words", sa.JSON(), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("input_tokens", "output_tokens")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("seen", "tries")),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("request", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", "content", name=op.f("pk_gemini_answers")),
    )
    op.add_column("gemini_requests", sa.Column("wait_until", sa.DateTime(timezone=True), nullable=True))
