"""Addresses of the playground."""

from __future__ import annotations

from django.urls import path

from console.playground.views import (
    afterwards,
    attaching,
    conversations,
    estimates,
    handing,
    looked,
    messages,
    prompted,
    rails,
    shared,
    taking,
    watching,
)

app_name = "playground"
urlpatterns = [
    path("", conversations.start, name="list"),
    path("search/", conversations.search, name="search"),
    path("new/", conversations.new, name="new"),
    path("shares/", shared.shares, name="shares"),
    path("shares/<uuid:pk>/revoke/", shared.revoke, name="revoke"),
    path("shared/<str:token>/", shared.shared, name="shared"),
    path("<uuid:pk>/share/", shared.share, name="share"),
    path("<uuid:pk>/", conversations.conversation, name="conversation"),
    path("<uuid:pk>/exchanges/", messages.exchanges, name="exchanges"),
    path("<uuid:pk>/estimate/", estimates.estimate, name="estimate"),
    path("<uuid:pk>/attachments/", attaching.attach, name="attach"),
    path("attachments/<uuid:pk>/", attaching.attachment, name="attachment"),
    path("attachments/<uuid:pk>/look/", looked.attachment, name="look_attachment"),
    path("attachments/<uuid:pk>/removal/", attaching.removal, name="attachment_removal"),
    path("<uuid:pk>/options/", conversations.options, name="options"),
    path("<uuid:pk>/draft/", conversations.draft, name="draft"),
    path("<uuid:pk>/title/", conversations.title, name="title"),
    path("<uuid:pk>/deletion/", conversations.deletion, name="deletion"),
    path("<uuid:pk>/conversation.md", taking.markdown, name="markdown"),
    path("<uuid:pk>/conversation.json", taking.data, name="data"),
    path("exchanges/<uuid:pk>/answer.md", taking.answer, name="answer"),
    path("exchanges/<uuid:pk>/code/", taking.code, name="code"),
    path("prompts/<uuid:pk>/", prompted.prompted, name="prompted"),
    path("exchanges/<uuid:pk>/stream/", watching.stream, name="stream"),
    path("exchanges/<uuid:pk>/look/", looked.look, name="look"),
    path("exchanges/<uuid:pk>/bundle/", handing.bundle, name="bundle"),
    path("told/", looked.told, name="told"),
    path("exchanges/<uuid:pk>/stop/", watching.stop, name="stop"),
    path("exchanges/<uuid:pk>/choices/", afterwards.choices, name="choices"),
    path("exchanges/<uuid:pk>/again/", afterwards.again, name="again"),
    path("exchanges/<uuid:pk>/results/", afterwards.results, name="results"),
    path("exchanges/<uuid:pk>/continuation/", afterwards.continuation, name="continuation"),
    path("exchanges/<uuid:pk>/version/", afterwards.version, name="version"),
    path("exchanges/<uuid:pk>/versions/", afterwards.versions, name="versions"),
    path("exchanges/<uuid:pk>/branch/", afterwards.branched, name="branch"),
    path("exchanges/<uuid:pk>/opinion/", afterwards.opinion, name="opinion"),
]

# Under /settings/playground/.
rails_patterns = [
    path("", rails.rails, name="rails"),
    path("change/", rails.change, name="change"),
    path("opening/", rails.opening, name="opening"),
    path("abilities/", rails.abilities, name="abilities"),
]
