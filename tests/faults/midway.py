"""An answer that is under way, and a browser that watches it, for faults to strike."""

from __future__ import annotations

import threading
from itertools import islice

from tests.console_process import Person, Stream
from tests.faults.measures import eventually
from tests.sandbox_process import SandboxProcess


def midway(
    person: Person, azure: SandboxProcess, deployment: str, *, tokens_per_second: int = 40
) -> tuple[Stream, threading.Thread]:
    """Some text is shown already; the browser reads on in the thread."""
    azure.switch("speed", tokens_per_second=tokens_per_second, first_token=0.1)
    stream = person.ask("Write about salt marshes.", deployment)
    list(islice(stream.follow(), 5))
    browser = Stream(person, stream.path)
    reading = threading.Thread(target=browser.to_the_end, daemon=True)
    reading.start()
    assert eventually(lambda: len(browser.events) > 5)
    return browser, reading
