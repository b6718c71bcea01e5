"""What finds the words that an account has sent not long ago: X refuses the same ones twice."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_publishing_attempts_account_id_text_key", "publishing_attempts", ["account_id", "text_key"])
