"""Times and keys as exports write them, written by the database: of many rows Python would spend its time on these."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, Func, UUIDField
from django.db.models.sql.compiler import SQLCompiler

# SQLite keeps times in UTC as "2026-11-22 07:00:00[.123456]" and keys as 32 digits.
_SQLITE_TIME = (
    "substr({0}, 1, 10) || 'T' || substr({0}, 12, 8) || '.' || substr(substr({0}, 21, 3) || '000', 1, 3) || 'Z'"
)
_SQLITE_KEY = " || '-' || ".join(
    f"substr({{0}}, {at}, {many})" for at, many in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
)
_POSTGRES_TIME = """to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""
_POSTGRES_KEY = "{0}::text"


class Written(Func):
    """A time as `spreadsheet.utc` writes it ("2026-11-22T07:00:00.000Z", not rounded), a UUID with dashes; or null."""

    arity = 1
    output_field = CharField()

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        return self.as_text(compiler, _SQLITE_KEY if self.is_key else _SQLITE_TIME)

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        return self.as_text(compiler, _POSTGRES_KEY if self.is_key else _POSTGRES_TIME)

    @property
    def is_key(self) -> bool:
        return isinstance(self.get_source_expressions()[0].output_field, UUIDField)

    def as_text(self, compiler: SQLCompiler, form: str) -> tuple[str, tuple[str | int, ...]]:
        column, values = compiler.compile(self.get_source_expressions()[0])
        return form.format(column), tuple(values) * form.count("{0}")
