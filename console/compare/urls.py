"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from console.compare.views import comparisons, runs, sets, watching

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
    path("sets/", sets.prompt_sets, name="sets"),
    path("sets/new/", sets.new, name="new_set"),
    path("sets/<uuid:pk>/", sets.prompt_set, name="set"),
    path("sets/<uuid:pk>/runs/", sets.runs, name="runs"),
    path("sets/<uuid:pk>/deletion/", sets.deletion, name="set_deletion"),
    path("runs/<uuid:pk>/", runs.run, name="run"),
    path("runs/<uuid:pk>/cancellation/", runs.cancellation, name="cancellation"),
    path("runs/<uuid:pk>/continuation/", runs.continuation, name="continuation"),
    path("runs/<uuid:pk>/results.csv", runs.results, name="results"),
    path("cells/<uuid:pk>/", runs.cell, name="cell"),
    path("cells/<uuid:pk>/kept/", runs.keep, name="keep_cell"),
]
