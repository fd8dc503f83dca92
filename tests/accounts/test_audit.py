"""The audit log grows and does nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from console.accounts import audit
from console.accounts.models import AppendOnly, AuditEntry
from console.accounts.words import AUDIT
from tests.factories import ada

pytestmark = pytest.mark.django_db


def test_it_notes_who_did_what_as_text_that_outlives_them():
    user = ada()
    audit.note(user, "key-set", "contoso-foundry", resource="contoso-foundry")
    user.delete()
    entry = AuditEntry.objects.get()
    assert (entry.person, entry.person_key, entry.act) == ("Ada Lovelace", user.key, "key-set")
    assert entry.detail == {"resource": "contoso-foundry"}


def test_it_notes_what_nobody_did():
    audit.note(None, "sign-in-refused")
    assert AuditEntry.objects.get().person_key == ""


def test_it_stores_any_text():
    audit.note(None, "sign-in-refused", "a\x00b\ud800" + "x" * 400, reason="c\x00\udfff", deep={"list": ["\x00"]})
    entry = AuditEntry.objects.get()
    assert entry.subject.startswith("a\ufffdb\ufffd")
    assert len(entry.subject) == 300
    assert entry.detail == {"reason": "c\ufffd\ufffd", "deep": {"list": ["\ufffd"]}}


@pytest.mark.parametrize(
    "tamper",
    [
        lambda entry: entry.save(),
        lambda entry: entry.delete(),
        lambda entry: AuditEntry.objects.get(pk=entry.pk).save(),
        lambda entry: AuditEntry.objects.filter(pk=entry.pk).update(act="nothing"),
        lambda entry: AuditEntry.objects.filter(pk=entry.pk).delete(),
        lambda entry: AuditEntry.objects.all().delete(),
        lambda entry: AuditEntry.objects.bulk_update([entry], ["act"]),
        lambda entry: AuditEntry.objects.update_or_create(pk=entry.pk, defaults={"act": "nothing"}),
        lambda entry: AuditEntry(pk=entry.pk, act="nothing").save(),
    ],
)
def test_it_lets_no_row_be_changed_or_deleted(tamper):
    audit.note(None, "signed-in")
    with pytest.raises((AppendOnly, IntegrityError)), transaction.atomic():
        tamper(AuditEntry.objects.get())
    assert AuditEntry.objects.get().act == "signed-in"


def test_every_act_that_is_written_down_has_words():
    rooms = Path(__file__).resolve().parents[2] / "console"
    call = re.compile(r'audit\.note\(\s*[\w.]+,\s*"([a-z-]+)"')
    written = {slug for path in rooms.rglob("*.py") for slug in call.findall(path.read_text(encoding="utf-8"))}
    assert {"signed-in", "export"} <= written <= set(AUDIT)
