"""Addresses of this room."""

from __future__ import annotations

from django.urls import path

from console.inventory import views

app_name = "inventory"
urlpatterns = [
    path("", views.inventory, name="list"),
    path("export.csv", views.export_csv, name="export"),
    path("sync/", views.sync, name="sync"),
    path("resources/<uuid:pk>/", views.resource, name="resource"),
    path("resources/<uuid:pk>/connection/", views.connection, name="connection"),
    path("resources/<uuid:pk>/key-removal/", views.key_removal, name="key_removal"),
    path("deployments/limits/", views.limits, name="limits"),
    path("deployments/<uuid:pk>/", views.deployment, name="deployment"),
]
