from typing import Any

from django.db import migrations

TABLE = "requestlog_requestrecord"
# PostgreSQL tells from an index alone whether a row fits only where it knows that everybody may see the row: by itself
# it looks again after a fifth of the table is new, which is two of ten million rows, all of them the newest.
SOON = {
    "autovacuum_vacuum_insert_scale_factor": "0.002",
    "autovacuum_vacuum_scale_factor": "0.01",
    "autovacuum_analyze_scale_factor": "0.01",
}


def vacuum_soon(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        settings = ", ".join(f"{name} = {value}" for name, value in SOON.items())
        schema_editor.execute(f'ALTER TABLE "{TABLE}" SET ({settings})')


def vacuum_as_usual(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f'ALTER TABLE "{TABLE}" RESET ({", ".join(SOON)})')


class Migration(migrations.Migration):
    dependencies = [("requestlog", "0008_carried")]

    operations = [migrations.RunPython(vacuum_soon, vacuum_as_usual)]
