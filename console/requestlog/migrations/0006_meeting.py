from typing import Any

from django.db import migrations, models

SUMMED_BY = ("resource", "deployment", "model", "source", "application", "person_key", "outcome", "kind", "status_class")


def fold_again(apps: Any, schema_editor: Any) -> None:
    """Sums of reported calls do not say whose they are, and no day has its calendar: workers fold both again."""
    progress = apps.get_model("requestlog", "RollupProgress")
    sums = apps.get_model("requestlog", "HourlyRollup").objects.filter(source="application")
    first = sums.order_by("hour").values_list("hour", flat=True).first()
    if first:
        progress.objects.filter(name="hours", folded_until__gt=first).update(folded_until=first)
    progress.objects.filter(name="days").delete()


def nothing(apps: Any, schema_editor: Any) -> None:
    """Going back, the sums stay as they are."""


class Migration(migrations.Migration):
    dependencies = [("requestlog", "0005_applications")]

    operations = [
        migrations.CreateModel(
            name="Calendar",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateTimeField()),
                ("resource", models.CharField(max_length=100)),
                ("deployment", models.CharField(max_length=100)),
                ("source", models.CharField(max_length=12)),
                ("application", models.CharField(blank=True, max_length=60)),
                ("outcome", models.CharField(max_length=16)),
                ("kind", models.CharField(blank=True, max_length=40)),
                ("status_class", models.PositiveSmallIntegerField(default=0)),
                ("days", models.PositiveIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("month", "resource", "deployment", "source", "application", "outcome", "kind",
                                "status_class"),
                        name="calendar_once",
                    )
                ],
            },
        ),
        migrations.RemoveConstraint(model_name="hourlyrollup", name="rollup_once"),
        migrations.RemoveConstraint(model_name="dailyrollup", name="rollup_day_once"),
        migrations.AddField(
            model_name="hourlyrollup",
            name="application",
            field=models.CharField(blank=True, default="", max_length=60),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="dailyrollup",
            name="application",
            field=models.CharField(blank=True, default="", max_length=60),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="hourlyrollup",
            constraint=models.UniqueConstraint(fields=("hour", *SUMMED_BY), name="rollup_once"),
        ),
        migrations.AddConstraint(
            model_name="dailyrollup",
            constraint=models.UniqueConstraint(fields=("hour", *SUMMED_BY), name="rollup_day_once"),
        ),
        migrations.RunPython(fold_again, nothing),
    ]
