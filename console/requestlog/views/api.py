"""The door for programs: applications of the organisation report their own calls here, so that support finds them."""

from __future__ import annotations

from dataclasses import asdict

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from console.azure.errors import AzureError, SignInRefused
from console.requestlog import applications, intake, recorder
from console.requestlog.models import Application

KINDS = (
    "application/json",
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/json-lines",
)


class Turned(Exception):
    """Nothing was taken: the status, and why in plain words."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers

    def answer(self) -> JsonResponse:
        headers = {name.replace("_", "-"): value for name, value in self.headers.items()}
        return answer({"error": {"message": self.message}}, self.status, **headers)


@csrf_exempt  # programs have no session: nothing here is decided by a cookie
@require_POST
def requests(request: HttpRequest) -> JsonResponse:
    """Take a report in: up to 1,000 attempts as a JSON array or JSON Lines. Sending it again changes nothing.

    200: every row is kept. 207: some are, the others are told with their index. 422: none is. 400, 401, 413, 415, 429
    and 503: nothing was read.
    """
    try:
        application = identified(request)
        check_kind(request)
        report = intake.read(request.body, application)
    except Turned as turned:
        return turned.answer()
    except intake.Unreadable as wrong:
        return Turned(400, str(wrong)).answer()
    new = recorder.keep_reported(report.rows)
    applications.note_report(application)
    said = {"accepted": new, "known": len(report.rows) - new, "refused": [asdict(one) for one in report.refused]}
    return answer(said, (207 if report.rows else 422) if report.refused else 200)


def answer(said: dict[str, object], status: int, **headers: str) -> JsonResponse:
    """JSON that people can read in a log."""
    return JsonResponse(said, status=status, headers=headers, json_dumps_params={"ensure_ascii": False})


def identified(request: HttpRequest) -> Application:
    """Who reports. Raises Turned."""
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not credential.strip():
        raise unknown("Send the application's key, or an Entra token for this console, as “Authorization: Bearer …”.")
    try:
        application = applications.known_by(credential.strip())
    except SignInRefused as error:
        why = error.message.removeprefix("the ID token does not hold: ")
        raise unknown(f"The token is not taken: {why}.") from None
    except AzureError:
        raise Turned(503, "Entra cannot be asked for its keys right now. Send it again.", Retry_After="10") from None
    if application is None:
        raise unknown("No application has this key or client ID, or it was revoked. An administrator makes a new one.")
    if not applications.may_report(application):
        most = applications.MOST_A_MINUTE
        raise Turned(429, f"More than {most} reports in a minute: put more rows into each.", Retry_After="30")
    return application


def unknown(message: str) -> Turned:
    return Turned(401, message, WWW_Authenticate='Bearer realm="requests"')


def check_kind(request: HttpRequest) -> None:
    if request.content_type not in KINDS or request.headers.get("Content-Encoding", "identity") != "identity":
        raise Turned(415, "Send application/json or application/x-ndjson, not compressed.")
