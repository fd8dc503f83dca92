"""Cards about what Azure or Anthropic answered: the request itself, limits, and faults on their side."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from console.web.cards.shape import Card

ANSWERS: dict[str, Card] = {
    "rate-limited": Card(
        title=_("Too many requests for this deployment's quota"),
        why=_("Everybody who uses this model in the subscription shares one quota per minute, and it is used up."),
        remedy=_("Wait a moment and try again, or use another deployment. If it is often full, ask for more quota."),
        later=_("Use another deployment for now. If it is often full, ask for more quota."),
        who="anyone",
        side="setup",
    ),
    "spend-limit": Card(
        title=_("The spending limit is reached"),
        why=_("Your organisation's limit for this model or subscription is used up. Waiting a minute does not help."),
        remedy=_("Ask whoever pays for the subscription to raise the limit, or use another deployment."),
        who="azure-admin",
        side="setup",
    ),
    "quota": Card(
        title=_("There is not enough quota"),
        why=_("The subscription has less quota left for this model than the deployment needs."),
        remedy=_("Ask for more quota in the Azure portal, or make another deployment smaller."),
        who="azure-admin",
        side="setup",
    ),
    "billing": Card(
        title=_("Azure cannot bill this call"),
        why=_("The subscription cannot buy Claude: a free, student or credit-only one, or payment has failed."),
        remedy=_("Have the subscription's payment and its access to Azure Marketplace checked."),
        who="azure-admin",
        side="setup",
    ),
    "invalid-request": Card(
        title=_("The model could not accept this request"),
        why=_("A setting or a part of the message does not fit this model. The technical details name it."),
        remedy=_("Put the settings back to how they were, or shorten the message, and send it again."),
        who="you",
        side="you",
    ),
    "prompt-too-long": Card(
        title=_("The conversation is longer than the model can read"),
        why=_("All earlier messages are sent along each time, and together they exceed the model's limit."),
        remedy=_("Start a new conversation with a short summary, or choose a model with a larger context."),
        who="you",
        side="you",
    ),
    "too-large": Card(
        title=_("The message is too large to send"),
        why=_("Text and files together are more than one request may carry."),
        remedy=_("Shorten the text, or send smaller or fewer files."),
        who="you",
        side="you",
    ),
    "content-filtered": Card(
        title=_("A content filter stopped this"),
        why=_("A safety rule of the deployment found something in the message or the answer that it does not allow."),
        remedy=_("Say it differently. If the message is harmless, tell an administrator, with the ids there are."),
        who="you",
        side="azure",
    ),
    "refusal": Card(
        title=_("Claude declined to answer"),
        why=_("The model's own safety rules stopped this answer. It is not a fault, and it may be billed."),
        remedy=_("Say what you need in another way, or start a new conversation without the part that was declined."),
        who="you",
        side="you",
        happened=_("The request reached the model, and the model chose not to answer."),
    ),
    "conflict": Card(
        title=_("Something else is changing this at the moment"),
        why=_("Azure is still working on an earlier change of the same thing."),
        remedy=_("Wait a minute and try again."),
        who="you",
        side="azure",
    ),
    "wrong-api-version": Card(
        title=_("Azure does not accept this version of its interface"),
        why=_("The console speaks a version that this endpoint does not know."),
        remedy=_("Set ANTHROPIC_VERSION to one that the endpoint knows, or update the console."),
        who="console-admin",
        side="console",
    ),
    "not-registered": Card(
        title=_("The subscription is not ready for AI services"),
        why=_("The provider Microsoft.CognitiveServices is not registered in the subscription."),
        remedy=_("Register it: `az provider register --namespace Microsoft.CognitiveServices`."),
        who="azure-admin",
        side="setup",
    ),
    "not-offered": Card(
        title=_("Claude in Foundry does not offer this"),
        why=_("Anthropic's own platform has this function; Azure does not pass it on."),
        remedy=_("Do it another way: the help page says what is possible here."),
        who="you",
        side="azure",
        happened=_("Nothing was sent."),
    ),
    "overloaded": Card(
        title=_("The model is overloaded"),
        why=_("More people are using this model than it can serve right now. It is not your quota."),
        remedy=_("Try again in a minute, or use another deployment."),
        later=_("Use another deployment for now."),
        who="nobody",
        side="anthropic",
    ),
    "server-error": Card(
        title=_("Something broke on the side of Azure or Anthropic"),
        why=_("The service had a fault of its own while it worked on the request."),
        remedy=_("Try again in a minute. If it keeps happening, report it with the time and the ids there are."),
        who="microsoft",
        side="azure-or-anthropic",
    ),
    "unavailable": Card(
        title=_("The service is not available at the moment"),
        why=_("Azure or Anthropic is having an outage or is being maintained."),
        remedy=_("Try again in a few minutes. The health page shows since when."),
        later=_("Use another deployment for now. The health page shows since when."),
        who="nobody",
        side="azure-or-anthropic",
    ),
    "upstream-timeout": Card(
        title=_("Azure gave up waiting for the model"),
        why=_("The model took longer than Azure's gateway allows."),
        remedy=_("Try again with a shorter task or a smaller answer."),
        who="you",
        side="azure-or-anthropic",
    ),
    "backend-authentication": Card(
        title=_("Azure could not sign in to Anthropic"),
        why=_(
            "The link between the Azure resource and Anthropic is broken. Often the subscription may not buy from "
            "Azure Marketplace, or its terms were not accepted."
        ),
        remedy=_(
            "Have the subscription's Marketplace access checked. If it is fine, report it with the time and the ids "
            "there are."
        ),
        who="azure-admin",
        side="azure",
    ),
    "gateway-html": Card(
        title=_("A gateway answered instead of the model"),
        why=_("Azure's front door or a proxy sent an error page of its own."),
        remedy=_("Try again in a minute. If it stays, report it with the time and the ids there are."),
        who="microsoft",
        side="azure",
    ),
}
