"""What people copy to call a deployment from elsewhere: a command line with a placeholder where the secret belongs."""

from __future__ import annotations

import json
from shlex import quote

from django.conf import settings

from console.inventory.models import CalledAs

BY_KEY = "api-key: $FOUNDRY_API_KEY"
SIGNED_IN = "Authorization: Bearer $(az account get-access-token --scope {scope} --query accessToken -o tsv)"


def curl(base_url: str, deployment: str, called_as: str) -> str:
    """A `curl` line that sends one short message; safe to paste whatever the deployment is called."""
    body = {"model": deployment, "max_tokens": 64, "messages": [{"role": "user", "content": "Hello"}]}
    credential = BY_KEY if called_as == CalledAs.KEY else SIGNED_IN.format(scope=quote(settings.FOUNDRY_TOKEN_SCOPE))
    lines = [
        f"curl -sS {quote(f'{base_url}/anthropic/v1/messages')}",
        f'-H "{credential}"',
        f"-H {quote(f'anthropic-version: {settings.ANTHROPIC_VERSION}')}",
        "-H 'content-type: application/json'",
        f"-d {quote(json.dumps(body, ensure_ascii=False))}",
    ]
    return " \\\n  ".join(lines)


def assign_role(role: str, scope: str, assignee: str = "<client ID of the console>") -> str:
    """The `az` line that gives the console a role."""
    return f'az role assignment create --assignee "{assignee}" --role "{role}" --scope {quote(scope)}'
