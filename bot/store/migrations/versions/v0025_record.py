"""Step 0025: the record of what was changed and decided, as a chain; the decisions that were kept before begin it."""

import hashlib
import json
import re
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

_GENESIS = "0" * 64
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def upgrade() -> None:
    """Every decision stands in the record of its workspace, in the order in which they were made."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    texts = {name: sa.Column(name, sa.Text(), nullable=False) for name in ("content", "previous", "hash")}
    record = op.create_table(
        "record",
        sa.Column("workspace", sa.Text(), primary_key=True),
        sa.Column("number", number, primary_key=True, autoincrement=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *texts.values(),
    )
    op.create_index("ix_record_workspace_at", "record", ["workspace", "at"])
    heads = op.create_table(
        "record_heads",
        sa.Column("workspace", sa.Text(), primary_key=True),
        sa.Column("number", number, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
    )
    json_type = sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")
    op.create_table(
        "downloads",
        sa.Column("digest", sa.Text(), primary_key=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("workspace", "kind", "made_by", "made_by_name", "place")),
        sa.Column("wish", json_type, nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_downloads_expires", "downloads", ["expires"])
    op.create_index("ix_versions_found_item_version", "versions", ["found", "item", "version"])
    _carry(record, heads)


def _carry(record: sa.Table, heads: sa.Table) -> None:
    connection = op.get_bind()
    wanted = sa.text("SELECT decisions.*, items.title FROM decisions JOIN items ON items.id = decisions.item ORDER BY decisions.number")
    ends: dict[str, tuple[int, str]] = {}
    stands: dict[tuple[str, str], dict[str, str]] = {}
    for row in connection.execute(wanted).mappings().all():
        workspace, item, at = row["workspace"], row["item"], _moment(row["at"])
        before = stands.setdefault((workspace, item), {"status": "new", "owner": "", "owner_name": ""})
        number, previous = ends.get(workspace, (0, _GENESIS))
        until = row["until"].isoformat() if isinstance(row["until"], date) else row["until"]
        after = {name: row[name] for name in ("what", "status", "owner", "owner_name", "reason")}
        values: dict[str, Any] = {
            "what": "decision",
            "at": at.isoformat(),
            **{name: row[name] for name in ("by", "by_name")},
            "place": "",
            "place_name": "",
            "about": item,
            "name": row["title"],
            "before": before,
            "after": after | {"until": until, "decision": row["number"]},
            "number": number + 1,
            "workspace": workspace,
        }
        plain = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        content = _UNSAFE.sub(lambda one: f"\\u{ord(one.group()):04x}", plain)
        ends[workspace] = (number + 1, hashlib.sha256(f"{previous}\n{content}".encode()).hexdigest())
        kept = at if connection.dialect.name == "postgresql" else at.replace(tzinfo=None)
        fields = {"workspace": workspace, "number": number + 1, "at": kept, "content": content, "previous": previous}
        connection.execute(record.insert().values(**fields, hash=ends[workspace][1]))
        changed = {"status": ("status",), "owner": ("owner", "owner_name")}.get(row["what"], ())
        stands[workspace, item] = before | {name: row[name] for name in changed}
    for workspace, (number, last) in ends.items():
        connection.execute(heads.insert().values(workspace=workspace, number=number, hash=last))


def _moment(value: datetime | str) -> datetime:
    """SQLite gives the text that it keeps."""
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
