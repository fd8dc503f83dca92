from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_first")]

    operations = [
        migrations.AddField(
            model_name="resource",
            name="deployments_unread",
            field=models.BooleanField(default=False),
        ),
    ]
