"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from console.compare.views import comparisons, watching

app_name = "compare"
urlpatterns = [
    path("", comparisons.comparisons, name="list"),
    path("<uuid:pk>/", comparisons.comparison, name="comparison"),
    path("<uuid:pk>/rounds/", comparisons.rounds, name="rounds"),
    path("<uuid:pk>/deletion/", comparisons.deletion, name="deletion"),
    path("<uuid:pk>/stream/", watching.stream, name="stream"),
    path("<uuid:pk>/stop/", watching.stop_all, name="stop_all"),
    path("<uuid:pk>/names/", watching.reveal, name="reveal"),
    path("columns/<uuid:pk>/stop/", watching.stop, name="stop"),
    path("columns/<uuid:pk>/better/", watching.better, name="better"),
    path("columns/<uuid:pk>/kept/", watching.keep, name="keep"),
]
