"""The register of what is kept (个人信息处理清单): how long each table is, and of each personal column why and for whom."""

from collections.abc import Iterable

from sqlalchemy import Table

from gridwhistle.common.retention import CLASSES, kept_of
from gridwhistle.common.sealed import sealed_columns
from gridwhistle.common.service import Service
from gridwhistle.common.tables import plumbing


def register(services: Iterable[Service]) -> str:
    """Return the register as a document."""
    tables = [(service.name, table) for service in services for table in service.tables.sorted_tables]
    tables += [("every service", table) for table in plumbing.sorted_tables if "kept" in table.info]
    personal = [_personal(service, table, name) for service, table in tables for name in sealed_columns(table)]
    return "\n".join(
        [
            "# What is kept 数据保存与个人信息清单",
            "",
            "What is past its time is taken away once a day, with a certificate (`GET /{service}/v1/deletion_certificates`),",
            "unless a legal hold stands on it (`/{service}/v1/legal_holds`). The times are rules, which a county confirms or",
            "sets: `gridwhistle rules set retention.r2 10 --source …`. What is of class r8 is kept for good.",
            "",
            "| service | table | class | kept | counted from |",
            "|---|---|---|---|---|",
            *(_kept(service, table) for service, table in tables),
            "",
            "## Personal columns",
            "",
            "Stored sealed, shown masked; in full for a recorded reason (`POST …/reveal`), to the roles named.",
            "",
            "| column | class | kind | purpose | basis | kept | in full to |",
            "|---|---|---|---|---|---|---|",
            *(personal or ["| none yet | | | | | | |"]),
            "",
        ]
    )


def _kept(service: str, table: Table) -> str:
    kept = kept_of(table)
    assert kept, f"{table.name} says how long it is kept: info={{'kept': Kept(…)}}"
    return f"| {service} | `{table.name}` | {kept.retention} | {CLASSES[kept.retention] or '–'} | {kept.since or '–'} |"


def _personal(service: str, table: Table, name: str) -> str:
    field, kept = sealed_columns(table)[name], kept_of(table)
    assert kept
    roles = ", ".join(f"`{role}`" for role in sorted(field.to))
    time = CLASSES[field.kept or kept.retention] or "–"
    return (
        f"| {service} `{table.name}.{name}` | {field.kind.data_class.code} | {field.kind.__name__}"
        f" | {field.purpose.zh} {field.purpose.en} | {field.basis} | {time} | {roles} |"
    )
