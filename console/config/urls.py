"""A line per room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from console.accounts.gates import signed_in
from console.config import views
from console.playground.urls import rails_patterns
from console.requestlog.urls import api_patterns, application_patterns
from console.web.urls import addresses

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.overview, name="overview"),
    path("", include("console.accounts.urls")),
    path("", include(addresses(signed_in))),
    path("inventory/", include("console.inventory.urls")),
    path("playground/", include("console.playground.urls")),
    path("compare/", include("console.compare.urls")),
    path("prompts/", include("console.prompts.urls")),
    path("requests/", include("console.requestlog.urls")),
    path("api/", include((api_patterns, "api"))),
    path("settings/applications/", include((application_patterns, "applications"))),
    path("health/", include("console.health.urls")),
    path("jobs/", include("console.jobs.urls")),
    path("usage/", include("console.usage.urls")),
    path("settings/prices/", include("console.prices.urls")),
    path("settings/playground/", include((rails_patterns, "rails"))),
    path("settings/retention/", views.retention, name="retention"),
    path("settings/", views.settings_page, name="settings"),
    path("livez", views.livez, name="livez"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
]

handler400 = "console.web.errors.bad_request"
handler403 = "console.web.errors.permission_denied"
handler404 = "console.web.errors.not_found"
handler500 = "console.web.errors.server_error"
