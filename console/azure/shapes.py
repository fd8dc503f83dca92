"""What Azure tells us, as frozen values. Everything here came from an upstream and was bounded and cleaned before."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Literal

ID = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)
Hosting = Literal["azure", "anthropic", "unknown"]


@dataclass(frozen=True, slots=True)
class CorrelationIds:
    """Anthropic's `request-id` and Azure's `apim-request-id`; either may never come.

    An ID that is no ID reads "invalid id (n bytes)". Of different ones in one answer the first valid one counts;
    `others` are the rest of both headers.
    """

    request_id: str | None = None
    apim_request_id: str | None = None
    others: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def from_headers(cls, headers: Sequence[tuple[bytes, bytes]]) -> CorrelationIds:
        """Read both from raw header pairs, names in any case."""
        of_anthropic, of_azure = header_ids(headers, b"request-id"), header_ids(headers, b"apim-request-id")
        others = (*of_anthropic[1:], *of_azure[1:])
        return cls(next(iter(of_anthropic), None), next(iter(of_azure), None), others)


def header_id(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> str | None:
    """The ID in the header `name`: None when absent or empty, a marker when none in it is valid."""
    return next(iter(header_ids(headers, name)), None)


def header_ids(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> list[str]:
    """The different IDs in the header `name`, valid ones first; a marker for each that is none.

    A proxy joins two headers of one name with a comma (RFC 9110, 5.3), which no ID holds.
    """
    sent = [part.strip() for key, value in headers if key.lower() == name for part in value.split(b",")]
    ids = [valid_id(part.decode("latin-1")) for part in dict.fromkeys(sent) if part]
    return sorted(ids, key=lambda one: not ID.fullmatch(one))


def valid_id(text: str) -> str:
    """`text` where it is an ID, else a marker that says how long the thing was."""
    return text if ID.fullmatch(text) else f"invalid id ({len(text)} bytes)"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, as counted by the model. None means that the answer did not say (or not in a number).

    All input is `input_tokens + cache_creation_input_tokens + cache_read_input_tokens`; `output_tokens` includes
    `thinking_tokens`. The last two are uses of server tools, which are billed apart from tokens.
    """

    input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens: int | None = None
    thinking_tokens: int | None = None
    web_search_requests: int | None = None
    web_fetch_requests: int | None = None

    def overwritten_by(self, other: Usage) -> Usage:
        """This usage with every number that `other` knows: later counts are cumulative, never added."""
        known = {f.name: getattr(other, f.name) for f in fields(other) if getattr(other, f.name) is not None}
        return replace(self, **known)


# ---- Events of one streamed message, in the order of azure-facts 2.5 --------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """Headers are here: both IDs are known before the first event."""

    ids: CorrelationIds
    status: int
    region: str | None = None


@dataclass(frozen=True, slots=True)
class MessageStarted:
    message_id: str
    model: str
    usage: Usage


@dataclass(frozen=True, slots=True)
class BlockStarted:
    """A block begins. Its text is empty as a rule and comes in deltas; where it is not, the deltas go on after it."""

    index: int
    type: str
    block: dict[str, object]

    def beginning_of(self, kind: str) -> str:
        """What is here already of the text of a "text" or the thinking of a "thinking" block; "" for any other."""
        text = self.block.get(kind) if self.type == kind else ""
        return text if isinstance(text, str) else ""


@dataclass(frozen=True, slots=True)
class TextDelta:
    index: int
    text: str


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    index: int
    text: str


@dataclass(frozen=True, slots=True)
class SignatureDelta:
    index: int
    signature: str


@dataclass(frozen=True, slots=True)
class InputJsonDelta:
    """A piece of a tool call's input: join all of a block's pieces, then parse once."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class CitationDelta:
    index: int
    citation: dict[str, object]


@dataclass(frozen=True, slots=True)
class UnknownDelta:
    index: int
    type: str


@dataclass(frozen=True, slots=True)
class BlockStopped:
    index: int


@dataclass(frozen=True, slots=True)
class MessageChanged:
    """Why it stopped, and the usage so far: already overwritten over what came before."""

    stop_reason: str | None
    stop_sequence: str | None
    stop_details: dict[str, object] | None
    usage: Usage


@dataclass(frozen=True, slots=True)
class Finished:
    """`message_stop` was seen: only now is the answer complete."""


StreamEvent = (
    Opened
    | MessageStarted
    | BlockStarted
    | TextDelta
    | ThinkingDelta
    | SignatureDelta
    | InputJsonDelta
    | CitationDelta
    | UnknownDelta
    | BlockStopped
    | MessageChanged
    | Finished
)


@dataclass(frozen=True, slots=True)
class Message:
    """A whole answer. `model` is the model's name, not necessarily the deployment's."""

    id: str
    model: str
    content: list[dict[str, object]]
    stop_reason: str | None
    stop_sequence: str | None
    stop_details: dict[str, object] | None
    usage: Usage
    ids: CorrelationIds

    @property
    def text(self) -> str:
        """All text blocks, joined."""
        return "".join(str(block.get("text", "")) for block in self.content if block.get("type") == "text")


@dataclass(frozen=True, slots=True)
class TokenCount:
    """`duration_ms` from the request to the whole answer."""

    input_tokens: int
    ids: CorrelationIds
    duration_ms: float


# ---- What ARM knows (azure-facts 3.3, 3.4, 3.6) -----------------------------------------------------------------
# States and kinds stay the text that Azure sent: new ones appear without notice. "" and None mean absent.


@dataclass(frozen=True, slots=True)
class Subscription:
    id: str
    name: str = ""
    state: str = ""
    tenant_id: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A Foundry resource (kind AIServices). `arm_id` is its identity, compared without regard to case."""

    arm_id: str
    name: str
    subscription_id: str
    resource_group: str
    kind: str = ""
    location: str = ""
    sku: str = ""
    state: str = ""
    subdomain: str = ""
    endpoint: str = ""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    public_network_access: str = ""
    network_default_action: str = ""
    network_bypass: str = ""
    ip_rules: tuple[str, ...] = ()
    virtual_network_rule_count: int = 0
    private_endpoint_count: int = 0
    local_auth_disabled: bool | None = None
    identity_type: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None
    created_by: str = ""
    modified_at: datetime | None = None
    modified_by: str = ""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`count` of `key` ("request", "token", ...) every `renewal_period` seconds."""

    key: str
    count: float
    renewal_period: float


@dataclass(frozen=True, slots=True)
class ModelDeployment:
    """A deployment of an account. `capacity` is in ARM's units (1 = 1 request and 1,000 tokens a minute)."""

    arm_id: str
    name: str
    model_format: str = ""
    model: str = ""
    model_version: str = ""
    model_publisher: str = ""
    hosting: Hosting = "unknown"
    sku: str = ""
    capacity: int | None = None
    current_capacity: int | None = None
    state: str = ""
    provisioning_state: str = ""
    rate_limits: tuple[RateLimit, ...] = ()
    version_upgrade_option: str = ""
    rai_policy: str = ""
    service_tier: str = ""
    spillover_deployment: str = ""
    dynamic_throttling: bool | None = None
    capabilities: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None
    created_by: str = ""
    modified_at: datetime | None = None
    modified_by: str = ""

    @property
    def is_claude(self) -> bool:
        """Anthropic by format, or by name where ARM gives no format."""
        if self.model_format:
            return self.model_format.casefold() == "anthropic"
        return self.model.casefold().startswith("claude-")


@dataclass(frozen=True, slots=True)
class SubscriptionRead:
    """`accounts` is the whole list: what is not in it is not there (for this caller)."""

    subscription: Subscription
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class AccountRead:
    """`deployments` is the whole list of one account."""

    account: Account
    deployments: tuple[ModelDeployment, ...]


# ---- Who signed in (azure-facts 5.4) ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Person:
    """A person is (`tid`, `oid`). Name and e-mail are for display; roles come from the `roles` claim alone."""

    tid: str
    oid: str
    name: str = ""
    email: str = ""
    roles: tuple[str, ...] = ()
    sid: str = ""
    login_hint: str = ""
    groups_overage: bool = False
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`cache` is MSAL's token cache as text: a secret, to be stored encrypted."""

    person: Person
    cache: str = field(repr=False)
    id_claims: Mapping[str, object] = field(repr=False)
    home_account_id: str = ""


@dataclass(frozen=True, slots=True)
class SilentToken:
    """An access token without asking anyone. `expires_at` is epoch seconds.

    `cache` is the new cache text where it changed. `person` and `id_claims` are set where Entra sent a new ID token
    (validated): roles may have changed.
    """

    access_token: str = field(repr=False)
    expires_at: float
    cache: str | None = field(default=None, repr=False)
    id_claims: Mapping[str, object] | None = field(default=None, repr=False)
    person: Person | None = None
