"""Rows of conversations and their exchanges: the only place where prompt and answer text lives."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from console.accounts.models import User
from console.web.ids import new_id


class ConversationQuery(models.QuerySet["Conversation"]):
    def of(self, user: User) -> ConversationQuery:
        """Where every look-up starts: a person's own."""
        return self.filter(owner=user)

    def listed(self) -> ConversationQuery:
        """Those that stand in lists: a column of a comparison does not until it is kept."""
        return self.filter(listed=True)


class Conversation(models.Model):
    """A person's conversation and how its next message is to be sent."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=120, blank=True)
    # The inventory's deployment last chosen; an id as text, as deployments may vanish.
    deployment_id = models.CharField(max_length=36, blank=True)
    system_prompt = models.TextField(blank=True)
    max_tokens = models.PositiveIntegerField(default=4096)
    thinking = models.CharField(max_length=12, blank=True)  # "", "adaptive", "enabled", "disabled"
    effort = models.CharField(max_length=10, blank=True)  # "", "low" … "max"
    # For engineers: tools Claude may call and the person answers, and which of them it may or must call (tooling.py).
    tools: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list)
    tool_choice = models.CharField(max_length=80, blank=True)  # "", "any", "none", or "tool:" and a name
    # What the answer has to fit, as JSON schema; none: it is text.
    answer_schema: models.JSONField[dict[str, Any] | None] = models.JSONField(null=True)
    # Tools that run where Claude runs, by the names of tooling.SERVER_TOOLS.
    server_tools: models.JSONField[list[str]] = models.JSONField(default=list)
    draft = models.TextField(blank=True)
    # Pinned conversations stand first in the list; a folder is nothing but its name.
    pinned = models.BooleanField(default=False)
    folder = models.CharField(max_length=60, blank=True)
    # A room above keeps some for itself: they are in no list, and otherwise like any other.
    listed = models.BooleanField(default=True)
    # The exchange that was said last in the version that is shown; what came before it are its parents.
    tip = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # When something was last said: the order of the list.
    spoken_at = models.DateTimeField()

    objects = ConversationQuery.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["owner", "-spoken_at", "-id"], name="conversation_newest"),
            models.Index(fields=["spoken_at"], name="conversation_oldest"),
            # One run of a prompt set makes hundreds that are not listed: the list does not walk past them.
            models.Index(
                fields=["owner", "-spoken_at", "-id"], name="conversation_listed", condition=models.Q(listed=True)
            ),
        ]


class State(models.TextChoices):
    """An exchange's way (reference C.0); everything but the first two is an end."""

    QUEUED = "queued"
    STREAMING = "streaming"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    TRUNCATED = "truncated"
    UNKNOWN_BILLING = "unknown_billing"


LIVE = (State.QUEUED, State.STREAMING)


class ExchangeQuery(models.QuerySet["Exchange"]):
    def live(self) -> ExchangeQuery:
        """Those still being answered."""
        return self.filter(state__in=LIVE)


class Exchange(models.Model):
    """One message and its answer. The row is committed before Azure is called; text arrives in it while it streams."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="exchanges")
    # What was said before it. Exchanges with the same parent are versions of one turn; null: the first turn.
    # No foreign key: deleting a conversation would walk the chain one query a turn.
    parent = models.UUIDField(null=True)
    # The browser's own id for this press of Send: a second press finds the same exchange.
    submission_id = models.CharField(max_length=64)
    message = models.TextField()
    # The tool calls of the exchange before that this message answers, as the API takes them but for their type:
    # tool_use_id, content, is_error; and the tool's name.
    results: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list)
    # No message: Claude goes on where its answer before ended.
    continues = models.BooleanField(default=False)
    # What went with it (attachments.File); the bytes are the conversation's Attachments with these ids.
    attachments: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list)
    deployment_id = models.CharField(max_length=36)
    deployment = models.CharField(max_length=100)
    resource = models.CharField(max_length=100)
    # What was sent along besides the messages: max_tokens, thinking, output_config, system, tools, cache_control.
    settings: models.JSONField[dict[str, object]] = models.JSONField(default=dict)

    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    thinking = models.TextField(blank=True)
    thinking_ms = models.PositiveIntegerField(null=True)  # from where thinking began to where it ended, in sum
    answer = models.TextField(blank=True)
    # The finished answer as sanitised HTML, so that a long conversation opens without rendering it again.
    answer_html = models.TextField(blank=True)
    # The answer's content blocks exactly as they came (thinking blocks keep their signature for the next turn).
    content: models.JSONField[list[dict[str, object]]] = models.JSONField(default=list)
    # While it is answered: the tool calls that are being written, for browsers at other processes (writing.py).
    writing: models.JSONField[dict[str, object] | None] = models.JSONField(null=True)
    stop_reason = models.CharField(max_length=40, blank=True)
    stop_details: models.JSONField[dict[str, object] | None] = models.JSONField(null=True)
    # How often server tools were used, as the usage has it: {"web_search_requests": 1}.
    tool_uses: models.JSONField[dict[str, int]] = models.JSONField(default=dict)

    # What the person thinks of the answer: 1, -1 or nothing, and in words.
    thumb = models.SmallIntegerField(null=True)
    note = models.TextField(blank=True)

    call_id = models.UUIDField()
    # The log row of its last attempt: where receipt and IDs are read from.
    record_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)
    owner_process = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    stop_asked = models.BooleanField(default=False)

    objects = ExchangeQuery.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "submission_id"], name="exchange_once_per_submission"),
            # Messages of one conversation are answered one after the other.
            models.UniqueConstraint(
                fields=["conversation"], condition=models.Q(state__in=LIVE), name="exchange_one_live"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["conversation", "id"], name="exchange_in_order"),
            models.Index(fields=["lease_until"], name="exchange_lapsed", condition=models.Q(state__in=LIVE)),
        ]

    @property
    def is_live(self) -> bool:
        return self.state in LIVE


class AttachmentQuery(models.QuerySet["Attachment"]):
    def of(self, user: User) -> AttachmentQuery:
        return self.filter(conversation__owner=user)

    def unsent(self) -> AttachmentQuery:
        """Those that lie in a composer."""
        return self.filter(sent=False)

    def bare(self) -> AttachmentQuery:
        """Without their bytes."""
        return self.defer("sealed")


class Attachment(models.Model):
    """A picture or PDF of a conversation. Several versions of a message may name the same one; once sent it stays."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="attachments")
    media_type = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    size = models.PositiveIntegerField()
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    pages = models.PositiveIntegerField(null=True)
    sent = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # The bytes, encrypted for this very row (attachments.py); the last column, so that nothing else reads past them.
    sealed = models.BinaryField()

    objects = AttachmentQuery.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["created_at"], name="attachment_oldest")]


class Rules(models.Model):
    """What an administrator has set for the playground: one row. Empty means: as the environment says, or no limit."""

    name = models.CharField(max_length=20, primary_key=True, default="playground")
    default_deployment = models.CharField(max_length=36, blank=True)
    notice_en = models.CharField(max_length=500, blank=True)
    notice_ko = models.CharField(max_length=500, blank=True)
    notice_warns = models.BooleanField(default=False)
    streams = models.PositiveIntegerField(null=True)
    messages_per_minute = models.PositiveIntegerField(null=True)
    tokens_per_day = models.PositiveBigIntegerField(null=True)
    dollars_per_month = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.CharField(max_length=200, blank=True)


class Opening(models.Model):
    """A deployment that is open to some only: who has one of the roles or is in one of the groups may use it."""

    deployment_id = models.CharField(max_length=36, primary_key=True)
    deployment = models.CharField(max_length=220)  # resource/name, for the list; the id decides
    roles: models.JSONField[list[str]] = models.JSONField(default=list)
    groups: models.JSONField[list[str]] = models.JSONField(default=list)


class Ability(models.Model):
    """What an administrator says a deployment can do: where sources disagree, and what is off until allowed."""

    deployment_id = models.CharField(max_length=36, primary_key=True)
    deployment = models.CharField(max_length=220)  # resource/name, for the list; the id decides
    structured = models.BooleanField(null=True)  # structured output; null: as its hosting has it
    server_tools: models.JSONField[list[str]] = models.JSONField(default=list)


class Share(models.Model):
    """A link under which colleagues read a conversation as it was when the link was made."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="shares")
    key = models.CharField(
        max_length=64, unique=True
    )  # SHA-256 of what the link ends with, so that a dump opens nothing
    tip = models.UUIDField()  # the last exchange that is shown: what is said later is not
    receipts_only = models.BooleanField(default=False)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="share_expires")]


class ShareReader(models.Model):
    """Somebody who has opened a share: the first time is what the audit log hears of."""

    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="readers")
    person_key = models.CharField(max_length=130)
    person = models.CharField(max_length=200)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["share", "person_key"], name="share_reader_once")]


class Look(models.Model):
    """Leave for one browser of one person to read one exchange of somebody else for a while, with the reason given.

    It names the exchange by id alone, so that its author is told even where the conversation is deleted meanwhile.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    exchange_id = models.UUIDField()
    conversation_id = models.UUIDField()
    author = models.ForeignKey(User, on_delete=models.CASCADE, related_name="looks")
    reader_key = models.CharField(max_length=130)
    reader = models.CharField(max_length=200)
    session_key = models.CharField(max_length=64)  # accounts.models.Session's, hashed as there
    reason = models.CharField(max_length=500)
    began_at = models.DateTimeField()
    until = models.DateTimeField()
    told_at = models.DateTimeField(null=True)  # when its author put the notice away

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["exchange_id", "id"], name="look_by_exchange"),
            models.Index(fields=["session_key"], name="look_by_session"),
            models.Index(fields=["author", "id"], name="look_untold", condition=models.Q(told_at=None)),
            models.Index(fields=["until"], name="look_ended"),
        ]
