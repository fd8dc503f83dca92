"""The stand-in for Azure: a server at addresses like Entra's, ARM's, Foundry's and the managed identity's."""

from __future__ import annotations
