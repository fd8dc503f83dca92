"""Address of the usage page."""

from __future__ import annotations

from django.urls import path

from console.usage import views

app_name = "usage"
urlpatterns = [path("", views.page, name="page")]
