"""Addresses of the request log."""

from __future__ import annotations

from django.urls import path

from console.requestlog import views

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
]
