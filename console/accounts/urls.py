"""Addresses of this room."""

from __future__ import annotations

from django.urls import path

from console.accounts.views import account, people, signing

app_name = "accounts"
urlpatterns = [
    path("signin/", signing.signin_page, name="signin"),
    path("signin/start/", signing.start, name="signin_start"),
    path("signin/return/", signing.returned, name="signin_return"),
    path("signout/", signing.signout, name="signout"),
    path("signout/front-channel/", signing.front_channel, name="front_channel"),
    path("account/", account.account, name="account"),
    path("account/preferences/", account.preferences, name="preferences"),
    path("account/shortcuts/", account.shortcuts, name="shortcuts"),
    path("account/sessions/", account.end_own_sessions, name="own_sessions"),
    path("settings/people/", people.people, name="people"),
    path("settings/people/<uuid:pk>/sessions/", people.end_sessions, name="end_sessions"),
    path("settings/audit/", people.audit_log, name="audit"),
]
