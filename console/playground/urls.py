"""Addresses of the playground."""

from __future__ import annotations

from django.urls import path

from console.playground import views

app_name = "playground"
urlpatterns = [
    path("", views.start, name="list"),
    path("new/", views.new, name="new"),
    path("<uuid:pk>/", views.conversation, name="conversation"),
    path("<uuid:pk>/exchanges/", views.exchanges, name="exchanges"),
    path("<uuid:pk>/options/", views.options, name="options"),
    path("<uuid:pk>/title/", views.title, name="title"),
    path("<uuid:pk>/deletion/", views.deletion, name="deletion"),
    path("exchanges/<uuid:pk>/stream/", views.stream, name="stream"),
    path("exchanges/<uuid:pk>/stop/", views.stop, name="stop"),
]
