"""Addresses of this room."""

from __future__ import annotations

from django.urls import path

from console.health import views

app_name = "health"
urlpatterns = [
    path("", views.deployments, name="list"),
    path("checks/", views.check_all, name="check_all"),
    path("incidents/then/", views.incident, name="incident"),
    path("<uuid:pk>/", views.deployment, name="deployment"),
    path("<uuid:pk>/badge/", views.badge, name="badge"),
    path("<uuid:pk>/checks/", views.check, name="check"),
]
