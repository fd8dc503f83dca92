"""Cards about keys, tokens, roles and names: what stands between a caller and a deployment."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from console.web.cards.shape import Card

_NO_PERSON = _("The call was made as the console, so signing in again changes nothing.")
_REFUSED_TOKEN = Card(
    title=_("Azure refused the console's own token"),
    why=_NO_PERSON,
    remedy=_(
        "Check that the console's identity still exists, that it is of the resource's directory, and that "
        "FOUNDRY_TOKEN_SCOPE is the scope that the resource wants."
    ),
    who="console-admin",
    side="setup",
)
# What reads otherwise where no person is behind the call: by kind, for calls as the console.
AS_CONSOLE: dict[str, Card] = {
    "missing-role": Card(
        title=_("A role is missing on the Azure resource"),
        why=_(
            "The console's own identity may not use models on this resource: it made the call, so roles of whoever "
            "asked do not count. Owner or Contributor is not enough."
        ),
        remedy=_(
            "Give the console's own identity the role Foundry User (or Cognitive Services User) on the resource. It "
            "takes up to 5 minutes to work; then try again."
        ),
        who="azure-admin",
        side="setup",
        needs_role=True,
    ),
    "forbidden": Card(
        title=_("Azure does not allow this call"),
        why=_(
            "The console's own identity, which made the call, lacks a right on this resource, or a rule of your "
            "organisation stops the call."
        ),
        remedy=_(
            "Give the console's own identity the role Foundry User (or Cognitive Services User) on the resource, and "
            "wait up to 5 minutes. If the role is there, have the resource's network and policy rules checked."
        ),
        who="azure-admin",
        side="setup",
        needs_role=True,
    ),
    "sign-in-needed": _REFUSED_TOKEN,
    "expired-token": _REFUSED_TOKEN,
    "bad-token": _REFUSED_TOKEN,
    "claims-challenge": Card(
        title=_("An access rule keeps the console's own identity out"),
        why=_(
            "A Conditional Access rule of your organisation wants something of this identity that only a person or "
            "another network could give. The call was made as the console, so signing in again changes nothing."
        ),
        remedy=_("Have the console's identity, or the network it calls from, allowed in the Conditional Access rule."),
        who="entra-admin",
        side="setup",
    ),
}
_NOT_BY_KEY = Card(
    title=_("Azure does not allow this call"),
    why=_(
        "The call was made with a key. Azure does not know who asked, so no role of a person or of the console was "
        "looked at, and giving one changes nothing."
    ),
    remedy=_(
        "Have the resource's network and policy rules checked, or call the resource as the console or as the person "
        "instead of by key, on its page in this console."
    ),
    who="azure-admin",
    side="setup",
)
# And for calls by key.
AS_KEY: dict[str, Card] = {"missing-role": _NOT_BY_KEY, "forbidden": _NOT_BY_KEY}

RIGHTS: dict[str, Card] = {
    "missing-role": Card(
        title=_("A role is missing on the Azure resource"),
        why=_("Whoever made this call may not use models on this resource. Owner or Contributor is not enough."),
        remedy=_(
            "Ask for the role Foundry User (or Cognitive Services User) on the resource. It takes up to 5 minutes to "
            "work; then try again, and sign in again if it still fails."
        ),
        who="azure-admin",
        side="setup",
        needs_role=True,
    ),
    "forbidden": Card(
        title=_("Azure does not allow this call"),
        why=_("The caller lacks a right on this resource, or a rule of your organisation stops the call."),
        remedy=_(
            "Ask for the role Foundry User (or Cognitive Services User) on the resource, and wait up to 5 minutes. "
            "If the role is there, have the resource's network and policy rules checked."
        ),
        who="azure-admin",
        side="setup",
        needs_role=True,
    ),
    "bad-key": Card(
        title=_("Azure refused the key"),
        why=_("The stored key is wrong, has been replaced, or belongs to another resource."),
        remedy=_(
            "Copy a current key from the resource's “Keys and Endpoint” page in the Azure portal and store it on the "
            "resource's page in this console."
        ),
        who="console-admin",
        side="setup",
    ),
    "no-key": Card(
        title=_("There is no key for this resource"),
        why=_("The resource is called by key, but the console holds none it can use."),
        remedy=_("Store a key on the resource's page in this console, or let it be called with a sign-in instead."),
        who="console-admin",
        side="setup",
    ),
    "keys-disabled": Card(
        title=_("This resource accepts no keys"),
        why=_("Key-based sign-in is switched off on the Azure resource."),
        remedy=_("Call the resource as the console or as the person instead of by key, on its page in this console."),
        who="console-admin",
        side="setup",
    ),
    "network-rule": Card(
        title=_("A network rule of the resource keeps the console out"),
        why=_("The resource accepts calls from chosen networks or private endpoints only; the console is in none."),
        remedy=_("Add the console's network under “Networking” of the resource, or give it a private endpoint."),
        who="azure-admin",
        side="setup",
    ),
    "sign-in-needed": Card(
        title=_("Azure wants a fresh sign-in"),
        why=_("The sign-in this call used is missing or no longer valid."),
        remedy=_("Sign out, sign in again and repeat it."),
        who="anyone",
        side="setup",
    ),
    "expired-token": Card(
        title=_("The sign-in token has expired"),
        why=_("Tokens live for about an hour, and this one was not renewed in time."),
        remedy=_("Try again. If it repeats, sign out and in again."),
        who="anyone",
        side="console",
    ),
    "bad-token": Card(
        title=_("Azure refused the sign-in token"),
        why=_("The token is not one that this resource accepts."),
        remedy=_("Sign out, sign in again and repeat it. If it stays, the console's connection to Entra is at fault."),
        who="anyone",
        side="setup",
    ),
    "wrong-audience": Card(
        title=_("The sign-in token was made for another service"),
        why=_("The console asks Entra for tokens with a scope that this resource does not accept."),
        remedy=_("Compare FOUNDRY_TOKEN_SCOPE with the scope that the resource's documentation names."),
        who="console-admin",
        side="setup",
    ),
    "wrong-tenant": Card(
        title=_("The sign-in belongs to another directory"),
        why=_("The resource lives in another Entra tenant than the account that called it."),
        remedy=_("Use an account of the resource's tenant, or call the resource by key."),
        who="console-admin",
        side="setup",
    ),
    "claims-challenge": Card(
        title=_("Your organisation asks for one more sign-in step"),
        why=_("An access rule wants a fresh confirmation, such as a second factor or a managed device."),
        remedy=_("Sign in again: Microsoft asks for what is missing. Then repeat it."),
        who="you",
        side="setup",
    ),
    "identity-missing": Card(
        title=_("The console has no identity of its own"),
        why=_("Checks, syncs and calls “as the console” need one, and none is set up."),
        remedy=_("Give the console a managed identity or a client secret (AZURE_CLIENT_ID …), or use a key."),
        who="console-admin",
        side="setup",
        happened=_("Nothing was sent."),
    ),
    "identity-refused": Card(
        title=_("Entra refused the console's own identity"),
        why=_("Its secret, certificate or managed identity is wrong, expired or not allowed."),
        remedy=_("Run `manage.py doctor`: it names the setting and what to change."),
        who="console-admin",
        side="setup",
        happened=_("Nothing was sent."),
    ),
    "deployment-not-found": Card(
        title=_("Azure does not find this deployment"),
        why=_(
            "The name is not a deployment of this resource. A deployment's name is chosen by whoever made it and is "
            "often not the model's name. A deployment younger than 5 minutes may not answer yet."
        ),
        remedy=_("Choose the deployment from the inventory instead of typing it; if it is new, wait 5 minutes."),
        who="anyone",
        side="setup",
    ),
    "wrong-route": Card(
        title=_("This resource does not know the Claude address"),
        why=_("The resource's kind or region offers no Claude models, or the endpoint address is wrong."),
        remedy=_("Compare the resource's endpoint with the Azure portal and check that it hosts a Claude deployment."),
        who="console-admin",
        side="setup",
    ),
    "not-found": Card(
        title=_("What was asked for is not there"),
        why=_("It was deleted, renamed or moved, or the caller may not see it."),
        remedy=_("Sync the inventory and try again from there."),
        who="anyone",
        side="setup",
    ),
    "subscription-not-found": Card(
        title=_("Azure does not find this subscription"),
        why=_("It was removed or moved, or the console's identity has no role on it."),
        remedy=_("Give the console's identity the role Reader on the subscription, or take it out of the settings."),
        who="azure-admin",
        side="setup",
    ),
    "retired": Card(
        title=_("This model has been retired"),
        why=_("Anthropic has switched this model version off; deployments of it answer no more."),
        remedy=_("Use another deployment. An administrator can deploy the successor under the same name."),
        who="azure-admin",
        side="anthropic",
    ),
}
