"""Whether a failure discloses a secret: in its words, its parts, its locals or what is chained to it."""

from __future__ import annotations

import traceback

from console.azure.errors import AzureError


def assert_not_shown(error: AzureError, *secrets: str) -> None:
    """Looks at the error as a crash reporter would: with the locals of every frame of the client library."""
    trace = error.__traceback__
    while trace is not None and "console/azure/" not in trace.tb_frame.f_code.co_filename:
        trace = trace.tb_next
    captured = traceback.TracebackException(type(error), error, trace, capture_locals=True)
    shown = "".join(captured.format()) + str(error) + repr(error.args) + repr(vars(error))
    assert [secret for secret in secrets if secret in shown] == []
    assert error.__cause__ is None
    assert error.__context__ is None
