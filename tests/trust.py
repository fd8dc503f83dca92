"""What clients of tests believe: one context for all, as making one parses some 140 certificates (about 30 ms each)."""

from __future__ import annotations

import ssl

TLS = ssl.create_default_context()
