"""Cards about this console: its limits, its restarts, its own faults, and what people stop themselves."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from console.web.cards.shape import Card

_NOT_SENT = _("Nothing was sent, and your text is still there.")

OURS: dict[str, Card] = {
    "stopped": Card(
        title=_("The answer was stopped"),
        why=_("Stop was pressed before the answer was finished."),
        remedy=_("What had arrived is kept and may be billed. Send the message again for a whole answer."),
        who="you",
        side="you",
        happened=_("The console ended the call."),
    ),
    "too-many-messages": Card(
        title=_("Too many messages in one minute"),
        why=_("Each person may send a certain number of messages a minute, so that nobody blocks the others."),
        remedy=_("Wait a minute and send it again."),
        who="you",
        side="console",
        happened=_NOT_SENT,
    ),
    "too-many-streams": Card(
        title=_("You have as many answers running as one person may"),
        why=_("Each person may have a few answers running at once."),
        remedy=_("Wait until one has finished, or stop one; then send it again."),
        who="you",
        side="console",
        happened=_NOT_SENT,
    ),
    "tokens-spent": Card(
        title=_("You have used your tokens for today"),
        why=_("An administrator has set how many tokens each person may use a day."),
        remedy=_("Send it again tomorrow, or ask an administrator for more; your text stays here."),
        who="console-admin",
        side="console",
        happened=_NOT_SENT,
    ),
    "budget-spent": Card(
        title=_("You have used your budget for this month"),
        why=_("An administrator has set how much each person may spend a month."),
        remedy=_("Send it again next month, or ask an administrator for more; your text stays here."),
        who="console-admin",
        side="console",
        happened=_NOT_SENT,
    ),
    "deployment-closed": Card(
        title=_("This deployment is not open to you"),
        why=_("An administrator has opened it to certain roles or groups only."),
        remedy=_("Choose another deployment from the list, or ask an administrator; your text stays here."),
        who="console-admin",
        side="console",
        happened=_NOT_SENT,
    ),
    "still-answering": Card(
        title=_("Claude is still answering in this conversation"),
        why=_("Messages of one conversation are answered one after the other."),
        remedy=_("Wait until the answer has finished, or stop it; then send your message."),
        who="you",
        side="you",
        happened=_NOT_SENT,
    ),
    "no-column-left": Card(
        title=_("No column of this comparison can be asked any more"),
        why=_("Their deployments are gone or not open to you any more, or you have kept the column."),
        remedy=_("Begin another comparison with deployments of the list."),
        who="you",
        side="console",
        happened=_NOT_SENT,
    ),
    "attachment-gone": Card(
        title=_("An attachment is not there any more"),
        why=_("It was removed elsewhere, or it was too old: what is not sent is kept for a day."),
        remedy=_("Remove it, attach it again, and send the message."),
        who="you",
        side="you",
        happened=_NOT_SENT,
    ),
    "attachments-too-large": Card(
        title=_("The attachments are too large together"),
        why=_("Each message takes everything said before it along, and one request holds 20 MB of attachments."),
        remedy=_("Send fewer or smaller ones, or go on in a new conversation."),
        who="you",
        side="you",
        happened=_NOT_SENT,
    ),
    "not-possible-there": Card(
        title=_("This deployment cannot do that"),
        why=_("The settings ask for something this deployment does not have."),
        remedy=_("Change the settings, or choose another deployment; your text is still there."),
        who="you",
        side="you",
        happened=_NOT_SENT,
    ),
    "console-full": Card(
        title=_("The console is busy"),
        why=_("It carries as many answers at once as it is set up for."),
        remedy=_("Wait a moment and send it again. If it is often busy, tell an administrator."),
        who="anyone",
        side="console",
        happened=_NOT_SENT,
    ),
    "process-ended": Card(
        title=_("The console was restarted during this call"),
        why=_("The part of the console that made the call ended before the answer was complete."),
        remedy=_("What arrived is kept. Nobody knows whether the rest was billed; trying again is billed again."),
        who="you",
        side="console",
    ),
    "console-fault": Card(
        title=_("Something in this console went wrong"),
        why=_("It is our fault: neither your message nor Azure caused it."),
        remedy=_("Try again. If it happens again, give an administrator the time and the ids."),
        who="console-admin",
        side="console",
        happened=_("The console ended the call."),
    ),
    "host-not-allowed": Card(
        title=_("The console does not call this address"),
        why=_("It calls the addresses of its settings only, so that no key or token ever goes anywhere else."),
        remedy=_("Correct the resource's endpoint, or the endpoint setting of the console."),
        who="console-admin",
        side="setup",
        happened=_("Nothing was sent."),
    ),
}
