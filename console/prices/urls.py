"""Addresses of this room."""

from __future__ import annotations

from django.urls import path

from console.prices import views

app_name = "prices"
urlpatterns = [
    path("", views.prices, name="list"),
    path("add/", views.price, name="price"),
    path("rate/", views.rate, name="rate"),
]
