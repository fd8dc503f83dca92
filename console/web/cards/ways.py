"""Cards about the way: connections that fail, clocks that run out, answers that break off or cannot be read."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from console.web.cards.shape import Card

WAYS: dict[str, Card] = {
    "connect": Card(
        title=_("The console cannot reach Azure"),
        why=_("No connection to the resource's address could be made: a firewall, a missing route or an outage."),
        remedy=_("Try again. If it stays, have the network between the console and the resource checked."),
        who="console-admin",
        side="network",
    ),
    "dns": Card(
        title=_("The resource's name leads nowhere"),
        why=_("The name is misspelt, the resource was deleted, or its private name is unknown in this network."),
        remedy=_("Compare the resource's name with the Azure portal; with private endpoints, check the DNS zone."),
        who="console-admin",
        side="network",
    ),
    "tls": Card(
        title=_("The connection to Azure is not trusted"),
        why=_("The certificate on the way is expired, made for another name, or signed by an unknown authority."),
        remedy=_("If a proxy of your organisation opens connections, name its certificate in SSL_CERT_FILE."),
        who="console-admin",
        side="network",
    ),
    "proxy": Card(
        title=_("The proxy did not let the call through"),
        why=_("The proxy the console is set to use refused it or does not answer."),
        remedy=_("Check OUTBOUND_PROXY and the proxy's rules for the resource's address."),
        who="console-admin",
        side="network",
    ),
    "reset": Card(
        title=_("The connection broke"),
        why=_("Something on the way cut it: a restart, a firewall, or a short network fault."),
        remedy=_("Look first whether the answer is there. Then try again."),
        who="you",
        side="network",
    ),
    "first-byte-timeout": Card(
        title=_("No answer came in time"),
        why=_("The request was sent, and nothing came back for as long as the console waits."),
        remedy=_("Try again, with a shorter task if you can. It may be billed again, as the model may have worked."),
        who="you",
        side="azure-or-anthropic",
    ),
    "idle-timeout": Card(
        title=_("The answer stopped coming"),
        why=_("It had begun, and then nothing more arrived for as long as the console waits."),
        remedy=_("What arrived is kept. Continue, or try again; that is billed again."),
        who="you",
        side="azure-or-anthropic",
    ),
    "total-timeout": Card(
        title=_("The answer took too long"),
        why=_("It was not finished within the longest time the console allows for one answer."),
        remedy=_("What arrived is kept. Ask for a shorter answer, or for one part at a time."),
        who="you",
        side="azure-or-anthropic",
    ),
    "truncated": Card(
        title=_("The answer broke off"),
        why=_("The connection ended before the model said that it had finished."),
        remedy=_("What arrived is kept. Continue, or try again; that is billed again."),
        who="you",
        side="azure-or-anthropic",
    ),
    "protocol": Card(
        title=_("The answer could not be understood"),
        why=_("Azure sent something that its interface does not describe."),
        remedy=_("Try again. If it happens again, report it with the time and the ids there are."),
        who="microsoft",
        side="azure-or-anthropic",
    ),
    "unexpected-page": Card(
        title=_("A web page came instead of an answer"),
        why=_("A sign-in page, a proxy or a portal answered in the place of Azure."),
        remedy=_("Check the resource's endpoint address and any proxy on the way."),
        who="console-admin",
        side="network",
    ),
    "redirect": Card(
        title=_("Azure sent the console to another address"),
        why=_("The console does not follow: the key or token would go along to a place nobody has approved."),
        remedy=_("Correct the resource's endpoint address so that it needs no redirect."),
        who="console-admin",
        side="setup",
    ),
    "response-too-large": Card(
        title=_("The answer is larger than the console accepts"),
        why=_("More came than any real answer holds, so the console stopped reading."),
        remedy=_("Ask for less at once. If the answer was ordinary, report it with the time and the ids there are."),
        who="anyone",
        side="azure-or-anthropic",
    ),
    "content-encoding": Card(
        title=_("The answer came packed in a way the console refuses"),
        why=_("Something on the way compressed it although the console had asked for plain text."),
        remedy=_("Find the proxy between console and Azure that compresses answers, and switch that off."),
        who="console-admin",
        side="network",
    ),
    "paging": Card(
        title=_("A list from Azure does not come to an end"),
        why=_("Its pages go in a circle, lead to another address, or are more than any real list has."),
        remedy=_("Try again later. If it stays, report it to Microsoft with the correlation id."),
        who="microsoft",
        side="azure",
    ),
    "entra-unreachable": Card(
        title=_("Microsoft's sign-in cannot be reached"),
        why=_("The console got no connection to Entra, so it has no token for the call."),
        remedy=_("Try again in a minute. If it stays, have the network to the sign-in address checked."),
        who="console-admin",
        side="network",
        happened=_("Nothing was sent to the model."),
    ),
    "entra-unavailable": Card(
        title=_("Microsoft's sign-in does not work at the moment"),
        why=_("Entra answered with a fault of its own."),
        remedy=_("Try again in a minute. People who are signed in can go on reading pages."),
        who="nobody",
        side="azure",
        happened=_("Nothing was sent to the model."),
    ),
    "identity-unreachable": Card(
        title=_("The console's own identity does not answer"),
        why=_("The place that gives out its tokens cannot be reached from this machine."),
        remedy=_("Check that managed identity is switched on for the machine, then run `manage.py doctor`."),
        who="console-admin",
        side="setup",
        happened=_("Nothing was sent to the model."),
    ),
}
