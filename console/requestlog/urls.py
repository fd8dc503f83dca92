"""Addresses of the request log."""

from __future__ import annotations

from django.urls import path

from console.requestlog import api, application_views, handover_views, views
from console.requestlog.bundle import FORMS

app_name = "requestlog"
urlpatterns = [
    path("", views.records, name="list"),
    path("export.csv", views.export, {"form": "csv"}, name="export_csv"),
    path("export.jsonl", views.export, {"form": "jsonl"}, name="export_jsonl"),
    path("news/", views.news, name="news"),
    path("views/", views.views, name="views"),
    path("views/<uuid:pk>/removal/", views.removal, name="view_removal"),
    path("errors/", views.errors, name="errors"),
    path("errors/<slug:slug>/", views.error, name="error"),
    path("<uuid:pk>/", views.record, name="detail"),
    path("<uuid:pk>/case/", views.case, name="case"),
    path("azure-log/", handover_views.azure_log_page, name="azure_log"),
    path("bundle/", handover_views.bundle, name="bundle"),
    *(path(f"bundle.{form}", handover_views.bundle_file, {"form": form}, name=f"bundle_{form}") for form in FORMS),
]

# Apart from the pages of the log: for programs, and for administrators.
api_patterns = [path("requests", api.requests, name="requests")]
application_patterns = [
    path("", application_views.listed, name="list"),
    path("<uuid:pk>/revocation/", application_views.revocation, name="revocation"),
]
