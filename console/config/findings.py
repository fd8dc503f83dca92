"""A finding of the doctor: what was looked at, what was found, and the remedy where something is wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from console.azure.errors import AzureError
from console.web import logs, problems
from console.web.problems import Place

LONGEST_DETAIL = 200  # characters of the upstream's own sentence


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. `remedy` says what to do and is there exactly when something is wrong."""

    what: str
    text: str
    remedy: str = ""

    @property
    def well(self) -> bool:
        return not self.remedy

    def line(self) -> str:
        """The line as it is printed: one line whatever the upstream said, and without secrets."""
        return logs.safe(f"{'ok' if self.well else 'problem':<8} {self.what}: {self.text} {self.remedy}".rstrip())


Check = Callable[[], Awaitable[list[Finding]]]


def refused(what: str, error: AzureError, place: Place | None = None, called_as: str = "console") -> Finding:
    """An upstream's refusal in the words of the error catalogue."""
    card = problems.explain_error(error, place=place, called_as=called_as)
    status = f", HTTP {error.status}" if error.status else ""
    detail = f": {error.message[:LONGEST_DETAIL]}" if error.message else ""
    said = f"{card.title} ({error.kind}{status}{detail})."
    return Finding(what, said, f"{card.remedy} {card.az}".rstrip())


# Where the way itself is broken, the setting to look at is named.
NETWORK = {
    "dns": "Correct {setting}, or the name resolution of this machine.",
    "connect": "Correct {setting}, or open the network from this machine to there.",
    "tls": "Name the file of the CA that signed its certificate in SSL_CERT_FILE.",
    "proxy": "Correct OUTBOUND_PROXY.",
    "first-byte-timeout": "Open the network from this machine to there, or name a proxy in OUTBOUND_PROXY.",
    "total-timeout": "Open the network from this machine to there, or name a proxy in OUTBOUND_PROXY.",
}


def away(what: str, setting: str, error: AzureError) -> Finding:
    """An upstream that could not be reached at the address in `setting`, or that refused."""
    if error.kind not in NETWORK:
        return refused(what, error)
    return Finding(
        what, f"cannot be reached ({error.kind}: {error.message}).", NETWORK[error.kind].format(setting=setting)
    )
