"""What a check's outcome means: the verdict, and the rung of the ladder that broke. Pure: no database, no network."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from console.azure.errors import KINDS, AzureError, Forbidden, Missing, SignInNeeded, Throttled
from console.health.models import Rung, Verdict

# A token count that takes longer is no failure, but people feel it. Usual is well under a second.
SLOW_MS = 5_000

# Kinds of this room's own, beside those of azure.errors.
SLOW = "slow"
NOT_READY = "not-ready"  # Azure has not finished making the deployment
NOT_MADE = "not-made"  # Azure gave up making it, or is deleting it

# The rung that broke, by the class a kind is raised as; what is not here broke on the last one.
_RUNG_OF_CLASS: dict[type[AzureError], Rung] = {
    SignInNeeded: Rung.AUTH,
    Forbidden: Rung.AUTH,
    Missing: Rung.DEPLOYMENT,
    Throttled: Rung.QUOTA,
}
# Kinds whose class says too little.
_RUNG_OF_KIND: dict[str, Rung] = {
    "dns": Rung.NAME,
    "connect": Rung.NAME,
    "proxy": Rung.NAME,
    "host-not-allowed": Rung.NAME,
    "tls": Rung.TLS,
    "entra-unavailable": Rung.AUTH,
    "entra-unreachable": Rung.AUTH,
    "identity-unreachable": Rung.AUTH,
    "quota": Rung.QUOTA,
    "billing": Rung.QUOTA,
    NOT_READY: Rung.DEPLOYMENT,
    NOT_MADE: Rung.DEPLOYMENT,
}
_DEGRADED = frozenset({"rate-limited", SLOW, NOT_MADE})
# The console could not ask: this says nothing about the deployment.
_UNKNOWN = frozenset(
    {
        "identity-missing",
        "identity-refused",
        "identity-unreachable",
        "entra-unavailable",
        "entra-unreachable",
        "host-not-allowed",
        "proxy",
        NOT_READY,
    }
)
# How an endpoint says that it has no such call.
_NO_SUCH_CALL = frozenset({404, 405, 501})


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. `kind` is "" when it is well; `record_id` is None when no call was made."""

    kind: str = ""
    http_status: int | None = None
    latency_ms: int | None = None
    request_id: str = ""
    apim_request_id: str = ""
    record_id: UUID | None = None

    @property
    def counts_nothing(self) -> bool:
        """Whether a token count failed in a way that may mean: nothing is counted here, whatever the deployment."""
        return self.http_status in _NO_SUCH_CALL and self.kind != "deployment-not-found"

    @property
    def verdict(self) -> Verdict:
        return verdict_of(self.kind)

    @property
    def rung(self) -> Rung | None:
        return rung_of(self.kind)


def verdict_of(kind: str) -> Verdict:
    """The verdict a kind of failure ("" for none) means for the deployment."""
    if not kind:
        return Verdict.WELL
    if kind in _DEGRADED:
        return Verdict.DEGRADED
    return Verdict.UNKNOWN if kind in _UNKNOWN else Verdict.ILL


def rung_of(kind: str) -> Rung | None:
    """The rung that broke; None when none did."""
    if not kind:
        return None
    if kind in _RUNG_OF_KIND:
        return _RUNG_OF_KIND[kind]
    raised_as = KINDS.get(kind, AzureError)
    rungs = (rung for error, rung in _RUNG_OF_CLASS.items() if issubclass(raised_as, error))
    return next(rungs, Rung.ANSWER)


def answered(latency_ms: int, *, request_id: str, apim_request_id: str, record_id: UUID) -> Finding:
    """The finding of a call that was answered: well, or slow."""
    kind = SLOW if latency_ms > SLOW_MS else ""
    return Finding(kind, 200, latency_ms, request_id, apim_request_id, record_id)


def failed(error: AzureError, *, latency_ms: int | None = None, record_id: UUID | None = None) -> Finding:
    """The finding of a call that failed, or could not be made (then there is no record)."""
    return Finding(
        error.kind[:40], error.status, latency_ms, error.request_id or "", error.apim_request_id or "", record_id
    )


# Provisioning states in which Azure is still at work; what is neither here nor ready was given up or is going.
_IN_THE_MAKING = frozenset({"accepted", "creating", "provisioning", "resolvingdns", "moving", "updating", "running"})
_READY = frozenset({"", "succeeded"})


def before_a_call(provisioning_state: str) -> Finding | None:
    """The finding for a deployment that Azure itself does not call ready; None where a call can tell more."""
    state = provisioning_state.lower()
    if state in _READY:
        return None
    return Finding(NOT_READY if state in _IN_THE_MAKING else NOT_MADE)
