"""Addresses of the prompt library."""

from __future__ import annotations

from django.urls import path

from console.prompts.views import files, library, picking

app_name = "prompts"
urlpatterns = [
    path("", library.prompts, name="list"),
    path("new/", library.new, name="new"),
    path("variables/", library.variables, name="variables"),
    path("import/", files.imports, name="import"),
    path("export.json", files.export_all, name="export"),
    path("pick/", picking.pick, name="pick"),
    path("<uuid:pk>/", library.prompt, name="prompt"),
    path("<uuid:pk>/edit/", library.edit, name="edit"),
    path("<uuid:pk>/deletion/", library.deletion, name="deletion"),
    path("<uuid:pk>/export.json", files.export_one, name="export_one"),
    path("<uuid:pk>/fill/", picking.fill, name="fill"),
]
