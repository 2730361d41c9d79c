"""What lies in a file (卷宗材料)."""

from typing import Final

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, Table, Text, Uuid

from gridwhistle.common.problems import Term
from gridwhistle.common.tables import moment, word
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.files.checklist import DocumentKind
from gridwhistle.mediation.tables import metadata

documents: Final = Table(
    "document",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey(cases.c.id), nullable=False, index=True),
    *word("kind", DocumentKind),
    Column("pages", Integer, nullable=False),
    Column("entered_by", Text, nullable=False),
    moment("entered_at", nullable=False),
    CheckConstraint("pages BETWEEN 1 AND 2000", name="has_pages"),
    info={"thing": Term("卷宗材料", "document")},
)
