"""Addresses of this room."""

from __future__ import annotations

from django.urls import path

from console.jobs import views

app_name = "jobs"
urlpatterns = [
    path("", views.jobs, name="list"),
    path("<uuid:pk>/", views.job, name="job"),
    path("<uuid:pk>/again/", views.again, name="again"),
]
