"""Addresses of the request log."""

from __future__ import annotations

from django.urls import path

from console.requestlog.bundle import FORMS
from console.requestlog.views import api, applications, handover, log

app_name = "requestlog"
urlpatterns = [
    path("", log.records, name="list"),
    path("export.csv", log.export, {"form": "csv"}, name="export_csv"),
    path("export.jsonl", log.export, {"form": "jsonl"}, name="export_jsonl"),
    path("news/", log.news, name="news"),
    path("views/", log.views, name="views"),
    path("views/<uuid:pk>/removal/", log.removal, name="view_removal"),
    path("errors/", log.errors, name="errors"),
    path("errors/<slug:slug>/", log.error, name="error"),
    path("<uuid:pk>/", log.record, name="detail"),
    path("<uuid:pk>/case/", log.case, name="case"),
    path("azure-log/", handover.azure_log_page, name="azure_log"),
    path("bundle/", handover.bundle, name="bundle"),
    *(path(f"bundle.{form}", handover.bundle_file, {"form": form}, name=f"bundle_{form}") for form in FORMS),
]

# Apart from the pages of the log: for programs, and for administrators.
api_patterns = [path("requests", api.requests, name="requests")]
application_patterns = [
    path("", applications.listed, name="list"),
    path("<uuid:pk>/revocation/", applications.revocation, name="revocation"),
]
