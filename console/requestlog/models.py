"""Rows of the request log: one per HTTP attempt, names as text, no prompt and no answer in it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower

from console.accounts.models import User
from console.web import logs
from console.web.ids import Bytewise, new_id


def asked_by() -> str:
    """The correlation id of the page request or job this code runs for; empty outside of one."""
    return logs.current.get()[:64]


class Source(models.TextChoices):
    PLAYGROUND = "playground"
    HEALTH = "health"
    APPLICATION = "application"  # reported by a program of somebody else (intake)
    OTHER = "other"


class State(models.TextChoices):
    """Where an attempt stands; once it has an outcome it is over."""

    QUEUED = "queued"  # committed, not yet known to be sent
    STREAMING = "streaming"  # headers have arrived, both correlation IDs are committed
    OVER = "over"


class Outcome(models.TextChoices):
    """How an attempt ended (contract section 5)."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    TRUNCATED = "truncated"
    UNKNOWN_BILLING = "unknown_billing"


# Short columns that nearly every other filter is put together with.
CARRIED = ("outcome", "source", "status_class", "kind")


class RequestRecords(models.QuerySet["RequestRecord"]):
    def seen_by(self, person: User) -> RequestRecords:
        """Where every look-up starts: support sees all, everybody else their own."""
        return self if "support" in person.acts else self.filter(person_key=person.key)


class RequestRecord(models.Model):
    """One HTTP attempt to the data plane. Written by `recorder` alone."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Attempts of one call share it.
    call_id = models.UUIDField(db_index=True)
    attempt = models.PositiveSmallIntegerField(default=1)
    source = models.CharField(max_length=12, choices=Source.choices)
    # Of reported attempts: the application's name, and what makes the same report twice one row.
    application = models.CharField(max_length=60, blank=True)
    reported_key = models.UUIDField(null=True, editable=False)
    operation = models.CharField(max_length=20, default="messages")  # "messages" or "count_tokens"
    person = models.CharField(max_length=200, blank=True)
    person_key = models.CharField(max_length=130, blank=True)  # "tid/oid"; empty for jobs
    # What the person was doing: the exchange's or the check's id, so that a page can link back.
    subject_id = models.CharField(max_length=64, blank=True)
    # The conversation the exchange belongs to, so that its owner gets from the row back to the text.
    conversation_id = models.CharField(max_length=64, blank=True)
    # Keyed hash of who asked and what was said, so that the same message sent elsewhere is found; never the text.
    prompt_print = models.CharField(max_length=32, blank=True)
    # What our own log lines and error pages call the request or job that made this attempt.
    correlation_id = models.CharField(max_length=64, blank=True, default=asked_by)

    resource = models.CharField(max_length=100)
    deployment = models.CharField(max_length=100)
    subscription_id = models.CharField(max_length=64, blank=True)
    region = models.CharField(max_length=60, blank=True)
    hosting = models.CharField(max_length=12, blank=True)
    model = models.CharField(max_length=100, blank=True)
    called_as = models.CharField(max_length=10, blank=True)  # "console", "person", "key"
    api_version = models.CharField(max_length=12, blank=True)
    client = models.CharField(max_length=100, blank=True)  # what made the call: "foundry-console 0.1.0 (httpx 0.28.1)"

    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, blank=True)
    # How far it got when it ended badly: "connect", "send", "headers", "stream" (azure.errors.Phase).
    phase = models.CharField(max_length=10, blank=True)
    # Which card of the error catalogue explains it (azure.errors kind).
    kind = models.CharField(max_length=40, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    # 2, 4, 5, … so that "all 5xx, newest first" is one walk along an index.
    status_class = models.GeneratedField(
        expression=models.F("http_status") / 100,
        output_field=models.PositiveSmallIntegerField(null=True),
        db_persist=True,
    )
    error_type = models.CharField(max_length=60, blank=True)
    error_code = models.CharField(max_length=100, blank=True)
    error_message = models.CharField(max_length=2000, blank=True)
    retry_after = models.FloatField(null=True)  # seconds, as the answer said

    request_id = models.CharField(max_length=128, blank=True)
    apim_request_id = models.CharField(max_length=128, blank=True)
    message_id = models.CharField(max_length=128, blank=True)

    input_tokens = models.PositiveBigIntegerField(null=True)
    cache_creation_input_tokens = models.PositiveBigIntegerField(null=True)
    cache_read_input_tokens = models.PositiveBigIntegerField(null=True)
    output_tokens = models.PositiveBigIntegerField(null=True)
    thinking_tokens = models.PositiveBigIntegerField(null=True)
    stop_reason = models.CharField(max_length=40, blank=True)

    started_at = models.DateTimeField()
    headers_ms = models.PositiveIntegerField(null=True)
    ttft_ms = models.PositiveIntegerField(null=True)
    finished_at = models.DateTimeField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)

    # While it runs: whose it is and until when; an expired lease means that process died.
    owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)

    objects = RequestRecords.as_manager()

    class Meta:
        # Rows of our own calls are not in this index, and cost it nothing.
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["reported_key"], condition=models.Q(reported_key__isnull=False), name="request_reported_once"
            )
        ]
        # The id is time-ordered (UUIDv7), so it is the log's order and the key of its pages.
        # PostgreSQL carries what is filtered by besides in the index itself (SQLite cannot): rows that do not fit are
        # then told there, a hundred a page, instead of by a read from the disk each.
        indexes: ClassVar = [
            models.Index(Bytewise(Lower("request_id")), name="request_by_request_id"),
            models.Index(Bytewise(Lower("apim_request_id")), name="request_by_apim_id"),
            models.Index(Bytewise(Lower("message_id")), name="request_by_message_id"),
            models.Index(fields=["subject_id"], name="request_by_subject"),
            models.Index(fields=["conversation_id", "-id"], name="request_by_conversation"),
            models.Index(fields=["correlation_id"], name="request_by_correlation"),
            models.Index(fields=["deployment", "-id"], name="request_by_deployment", include=["resource", *CARRIED]),
            # The two filters people put together most; apart they are a walk through every failure there ever was.
            models.Index(
                fields=["deployment", "outcome", "-id"],
                name="request_by_deployment_end",
                include=["source", "status_class", "kind"],
            ),
            # Neighbours that failed the same way, and every failure of one kind.
            models.Index(
                fields=["deployment", "kind", "-id"],
                name="request_by_deployment_kind",
                include=["outcome", "source", "status_class"],
            ),
            models.Index(fields=["kind", "-id"], name="request_by_kind", include=["outcome", "source", "status_class"]),
            models.Index(fields=["prompt_print", "-id"], name="request_by_print"),
            models.Index(fields=["resource", "-id"], name="request_by_resource", include=[*CARRIED]),
            models.Index(
                fields=["person_key", "-id"], name="request_by_person", include=["deployment", "resource", *CARRIED]
            ),
            models.Index(
                fields=["person", "-id"], name="request_by_person_name", include=["deployment", "resource", *CARRIED]
            ),
            models.Index(fields=["outcome", "-id"], name="request_by_outcome", include=["source", "status_class"]),
            models.Index(fields=["source", "-id"], name="request_by_source", include=["outcome", "status_class"]),
            models.Index(fields=["status_class", "-id"], name="request_by_status", include=["outcome", "source"]),
            models.Index(
                fields=["application", "-id"],
                name="request_by_application",
                condition=~models.Q(application=""),
                include=["deployment", "resource", "person", "outcome", "status_class", "kind"],
            ),
            models.Index(fields=["lease_until"], name="request_lapsed", condition=~models.Q(state="over")),
            models.Index(fields=["started_at"], name="request_by_start"),
        ]

    @property
    def is_over(self) -> bool:
        return self.state == State.OVER

    @property
    def all_input_tokens(self) -> int | None:
        """Everything that went in, cached or not (azure-facts 2.4); None while nothing is known."""
        parts = (self.input_tokens, self.cache_creation_input_tokens, self.cache_read_input_tokens)
        return None if parts == (None, None, None) else sum(part or 0 for part in parts)

    @property
    def was_counted(self) -> bool:
        """Whether the tokens of the answer were counted: the whole count comes with the reason why it stopped.

        Before that `output_tokens` is what a stream says as it begins, 1 or so (azure-facts 2.5).
        """
        told = (
            bool(self.stop_reason) or self.outcome == Outcome.SUCCEEDED
        )  # what others report may leave the reason out
        return self.output_tokens is not None and told

    @property
    def counted_output_tokens(self) -> int | None:
        """Tokens of the answer, None where they were not counted: what to show people instead of the beginning."""
        return self.output_tokens if self.was_counted else None

    @property
    def tokens_per_second(self) -> float | None:
        """How fast the answer came once it came; None for short ones, of which the clock tells nothing."""
        if not self.was_counted or not self.output_tokens or self.ttft_ms is None or self.duration_ms is None:
            return None
        streaming_ms = self.duration_ms - self.ttft_ms
        return self.output_tokens * 1000 / streaming_ms if streaming_ms >= 500 else None


class Application(models.Model):
    """A program of the organisation that reports its own calls here, by a key or as an app of Entra."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=60)
    # SHA-256 of the key: it is 256 random bits, so nothing slower is needed. Its last four characters are for people.
    key_hash = models.CharField(max_length=64, unique=True)
    key_hint = models.CharField(max_length=4)
    # The client ID of its app registration, where it may also come with a token of Entra.
    entra_app_id = models.UUIDField(null=True, unique=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200)
    # Of the last report that was taken in, to the minute.
    reported_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        # The name of a revoked one is free: whoever lost a key begins again under the same name.
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("name"), condition=models.Q(revoked_at=None), name="application_once")
        ]


# What the calls of one sum have in common.
SUMMED_BY = ("resource", "deployment", "model", "source", "application", "person_key", "outcome", "kind",
             "status_class")  # fmt: skip
# … and what is remembered of it for every day, without persons, who would make it as long as the sums.
MARKED_BY = ("resource", "deployment", "source", "application", "outcome", "kind", "status_class")


class Sums(models.Model):
    """What happened from `hour` on, on one deployment, with one outcome, of one person."""

    hour = models.DateTimeField()
    resource = models.CharField(max_length=100)
    deployment = models.CharField(max_length=100)
    model = models.CharField(max_length=100, blank=True)
    source = models.CharField(max_length=12)
    application = models.CharField(max_length=60, blank=True)
    person_key = models.CharField(max_length=130, blank=True)
    person = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=16)
    kind = models.CharField(max_length=40, blank=True)
    status_class = models.PositiveSmallIntegerField(default=0)  # as the log's; 0 where no HTTP answer came
    requests = models.PositiveIntegerField()
    input_tokens = models.PositiveBigIntegerField(default=0)
    cache_creation_input_tokens = models.PositiveBigIntegerField(default=0)
    cache_read_input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    ttft_ms_sum = models.PositiveBigIntegerField(default=0)
    ttft_count = models.PositiveIntegerField(default=0)
    ttft_ms_max = models.PositiveIntegerField(default=0)
    duration_ms_sum = models.PositiveBigIntegerField(default=0)
    duration_ms_max = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True


class HourlyRollup(Sums):
    """The sums of one hour: what charts and usage pages read of today and the day before."""

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["hour", *SUMMED_BY], name="rollup_once")]
        indexes: ClassVar = [
            # Sums of one hour lie side by side, so that reading all of them by this index goes from page to page.
            models.Index(fields=["hour"], name="rollup_by_hour"),
            models.Index(fields=["deployment", "hour"], name="rollup_by_deployment"),
            models.Index(fields=["person_key", "hour"], name="rollup_by_person"),
        ]


class DailyRollup(Sums):
    """The sums of one day (UTC), which begins at `hour`: what charts and usage pages read of the days before."""

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["hour", *SUMMED_BY], name="rollup_day_once")]
        indexes: ClassVar = [
            models.Index(fields=["hour"], name="rollup_day_by_hour"),
            models.Index(fields=["deployment", "hour"], name="rollup_day_by_deployment"),
            models.Index(fields=["person_key", "hour"], name="rollup_day_by_person"),
        ]


class Calendar(models.Model):
    """The days of a month (UTC) on which there were calls that have these in common; a year of them is read at once."""

    month = models.DateTimeField()  # its first moment
    resource = models.CharField(max_length=100)
    deployment = models.CharField(max_length=100)
    source = models.CharField(max_length=12)
    application = models.CharField(max_length=60, blank=True)
    outcome = models.CharField(max_length=16)
    kind = models.CharField(max_length=40, blank=True)
    status_class = models.PositiveSmallIntegerField(default=0)
    days = models.PositiveIntegerField(default=0)  # bit 0 is the first of the month

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["month", *MARKED_BY], name="calendar_once")]


class RollupProgress(models.Model):
    """Up to when the log has been folded for good, "hours" and "days": the first row is held by whoever folds."""

    name = models.CharField(max_length=20, primary_key=True, default="hours")
    folded_until = models.DateTimeField(null=True)


class CaseState(models.TextChoices):
    """How far people are with a request that somebody looks into."""

    OPEN = "open"
    WAITING = "waiting"  # for Microsoft, or for the person
    SOLVED = "solved"


class Case(models.Model):
    """What people do about one request, as it stands now; `CaseEntry` tells how it came to that."""

    # The row's id; no foreign key, as the log is deleted in batches. `retention` deletes both.
    record_id = models.UUIDField(primary_key=True)
    state = models.CharField(max_length=10, choices=CaseState.choices, default=CaseState.OPEN)
    assignee = models.CharField(max_length=200, blank=True)
    assignee_key = models.CharField(max_length=130, blank=True)
    ticket = models.CharField(max_length=60, blank=True)  # a number in somebody's ticket system
    changed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["state", "-record_id"], name="case_by_state"),
            models.Index(fields=["assignee_key", "-record_id"], name="case_by_assignee"),
            models.Index(Bytewise(Lower("ticket")), name="case_by_ticket"),
        ]


class CaseEntry(models.Model):
    """One thing somebody wrote or changed about a request; never altered."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="entries")
    at = models.DateTimeField()
    person = models.CharField(max_length=200)
    person_key = models.CharField(max_length=130)
    note = models.TextField(blank=True)
    # Only what this entry changed, by the names of Case's columns: {"state": "solved"}.
    changes: models.JSONField[dict[str, str]] = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["case", "id"], name="case_entry_in_order")]


class SavedView(models.Model):
    """Filters of the log under a name, for their owner or for everybody."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.CharField(max_length=200)
    person_key = models.CharField(max_length=130)
    name = models.CharField(max_length=60)
    # The address's query: filters only, never a search or a cursor.
    query = models.CharField(max_length=2000)
    shared = models.BooleanField(default=False)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["person_key", "name"], name="saved_view_once")]
        indexes: ClassVar = [models.Index(fields=["shared", "name"], name="saved_view_shared")]
