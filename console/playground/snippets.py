"""A message as code that runs by itself: curl, Python, TypeScript, C#. Keys are read from the environment.

Sources: anthropic 2.12 (lib/foundry.py), @anthropic-ai/foundry-sdk 1.1.1, Anthropic.Foundry for C# (its examples).
"""

from __future__ import annotations

import json
import pprint
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from textwrap import indent
from typing import Any, cast

MODEL_IS_DEPLOYMENT = "model is the name of the deployment, not of the model behind it."


@dataclass(frozen=True, slots=True)
class Call:
    """What is to be called: `base_url` ends in /anthropic; `body` is the request without model and stream."""

    base_url: str
    resource: str
    deployment: str
    scope: str
    api_version: str
    body: Mapping[str, object]
    by_key: bool

    @property
    def token_resource(self) -> str:
        """The scope as `az account get-access-token --resource` wants it."""
        return self.scope.removesuffix("/.default")


class FromFile(str):
    """What stands for an attachment's bytes: named in JSON, read from the file in code."""

    name: str

    def __new__(cls, name: str) -> FromFile:
        made = super().__new__(cls, f"<base64 of {name}>")
        made.name = name
        return made

    def __repr__(self) -> str:
        return f"base64_of({self.name!r})"


# Inside a JSON string every quotation mark is escaped, so what is said can never look like this.
FROM_FILE = re.compile(r'"data": "<base64 of (.*?)>"')
BASE64_OF = """def base64_of(path):
    with open(path, "rb") as file:
        return base64.b64encode(file.read()).decode()


"""


PRINT_CALLS = """    for block in stream.get_final_message().content:
        if block.type == "tool_use":
            print("tool call:", block.id, block.name, block.input)
"""


def quoted(value: object) -> str:
    """JSON that TypeScript and C# take as a literal: line ends that JSON allows in strings are written as escapes."""
    text = json.dumps(value, ensure_ascii=False)
    for end in "\u0085\u2028\u2029":
        text = text.replace(end, f"\\u{ord(end):04x}")
    return text


def curl(call: Call) -> str:
    body = json.dumps({"model": call.deployment, **call.body, "stream": True}, ensure_ascii=False, indent=2)
    signed_in = '-H "api-key: $ANTHROPIC_FOUNDRY_API_KEY"' if call.by_key else '-H "Authorization: Bearer $TOKEN"'
    ask = f"TOKEN=$(az account get-access-token --resource {call.token_resource} --query accessToken -o tsv)\n"
    # Inside the single quotes of a shell only a single quote is special.
    quoted = body.replace("'", "'\\''")
    begin = f"# {MODEL_IS_DEPLOYMENT}\n{'' if call.by_key else ask}"
    if FROM_FILE.search(body):
        return f"{begin}{piped(body)}{headed(call, signed_in)}  --data-binary @-\n"
    return f"{begin}{headed(call, signed_in)}  --data-binary '{quoted}'\n"


def headed(call: Call, signed_in: str) -> str:
    return (
        f"curl --no-buffer --include {call.base_url}/v1/messages \\\n"
        f"  {signed_in} \\\n"
        f'  -H "anthropic-version: {call.api_version}" \\\n'
        f'  -H "Content-Type: application/json" \\\n'
    )


def piped(body: str) -> str:
    """The body piece by piece, files between: as an argument it would be too long for a shell."""
    parts = FROM_FILE.split(body)
    lines = [f"  printf %s {shlex.quote(parts[0])}\n"]
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        path = shlex.quote(json.loads(f'"{name}"'))
        lines.append(f"""  printf %s '"data": "'; base64 < {path} | tr -d '\\n'\n""")
        lines.append(f"""  printf %s {shlex.quote(f'"{text}')}\n""")
    return "{\n" + "".join(lines) + "} | "


def python(call: Call) -> str:
    needed = "anthropic" if call.by_key else "anthropic azure-identity"
    imports = "from anthropic import AnthropicFoundry\n"
    credential = 'api_key=os.environ["ANTHROPIC_FOUNDRY_API_KEY"],'
    if call.by_key:
        imports = f"import os\n\n{imports}"
    else:
        imports += "from azure.identity import DefaultAzureCredential, get_bearer_token_provider\n"
        credential = f'azure_ad_token_provider=get_bearer_token_provider(DefaultAzureCredential(), "{call.scope}"),'
    reads = FROM_FILE.search(json.dumps(call.body["messages"])) is not None
    if reads:
        imports = f"import base64\n{imports}" if call.by_key else f"import base64\n\n{imports}"
    arguments = "".join(f"    {name}={literal(value)},\n" for name, value in call.body.items())
    return (
        f"# pip install {needed}\n{imports}\n{BASE64_OF if reads else ''}"
        f"client = AnthropicFoundry(\n    base_url={call.base_url!r},\n    {credential}\n)\n\n"
        f"# {MODEL_IS_DEPLOYMENT}\n"
        f"with client.messages.stream(\n    model={call.deployment!r},\n{arguments}) as stream:\n"
        '    print("request-id:", stream.response.headers.get("request-id"))\n'
        '    print("apim-request-id:", stream.response.headers.get("apim-request-id"))\n'
        "    for text in stream.text_stream:\n"
        '        print(text, end="", flush=True)\n'
        f"    print()\n{PRINT_CALLS if 'tools' in call.body else ''}"
    )


def literal(value: object) -> str:
    """A Python literal, its further lines set in by four."""
    return indent(pprint.pformat(value, width=100, sort_dicts=False), "    ").lstrip()


def typescript(call: Call) -> str:
    imports = "import { AnthropicFoundry } from '@anthropic-ai/foundry-sdk';\n"
    credential, needed = "apiKey: process.env.ANTHROPIC_FOUNDRY_API_KEY,", ""
    if not call.by_key:
        imports += "import { DefaultAzureCredential, getBearerTokenProvider } from '@azure/identity';\n"
        provider = f"getBearerTokenProvider(new DefaultAzureCredential(), {quoted(call.scope)})"
        credential, needed = f"azureADTokenProvider: {provider},", " @azure/identity"
    body = json.dumps({"model": call.deployment, **call.body}, ensure_ascii=False, indent=2)
    if FROM_FILE.search(body):
        imports += "import { readFileSync } from 'node:fs';\n"
        body = FROM_FILE.sub(r'"data": readFileSync("\1").toString("base64")', body)
    return (
        f"// npm install @anthropic-ai/foundry-sdk{needed}\n{imports}\n"
        f"const client = new AnthropicFoundry({{\n  baseURL: {quoted(call.base_url)},\n  {credential}\n}});\n\n"
        f"// {MODEL_IS_DEPLOYMENT}\n"
        f"const {{ data: stream, response }} = await client.messages\n"
        f"  .create({indent(body[:-2], '  ').lstrip()},\n    stream: true,\n  }})\n  .withResponse();\n"
        "console.log('request-id:', response.headers.get('request-id'));\n"
        "console.log('apim-request-id:', response.headers.get('apim-request-id'));\n"
        "for await (const event of stream) {\n"
        "  if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {\n"
        "    process.stdout.write(event.delta.text);\n  }\n}\n"
    )


def csharp(call: Call) -> str:
    raw = not is_typed(call.body)
    usings = ["Anthropic.Foundry", "Anthropic.Models.Messages", *(["System.Text.Json"] if raw else [])]
    packages = ["Anthropic.Foundry"]
    token, key = "", 'Environment.GetEnvironmentVariable("ANTHROPIC_FOUNDRY_API_KEY")!'
    credential = f"AnthropicFoundryApiKeyCredentials({key}, {quoted(call.resource)})"
    if not call.by_key:
        usings += ["Azure.Core", "Azure.Identity"]
        packages.append("Azure.Identity")
        context = f"new TokenRequestContext([{quoted(call.scope)}])"
        token = f"var token = await new DefaultAzureCredential().GetTokenAsync({context});\n"
        credential = f"AnthropicFoundryIdentityTokenCredentials(token, {quoted(call.resource)})"
    return (
        "".join(f"// dotnet add package {package}\n" for package in packages)
        + "".join(f"using {name};\n" for name in usings)
        + f"\n{token}AnthropicFoundryClient client = new(new {credential});\n\n// {MODEL_IS_DEPLOYMENT}\n"
        + (csharp_raw(call) if raw else csharp_typed(call))
        + "\n"
        + "await foreach (var streamed in client.Messages.CreateStreaming(parameters))\n{\n"
        + "    if (streamed.TryPickContentBlockDelta(out var block) && block.Delta.TryPickText(out var text))\n"
        + "    {\n        Console.Write(text.Text);\n    }\n}\n"
    )


def is_typed(body: Mapping[str, object]) -> bool:
    """Whether csharp_body can say all of it; tools, schemas and what comes of them are said as JSON."""
    output = body.get("output_config")
    if {"tools", "cache_control"} & body.keys() or (isinstance(output, Mapping) and "format" in output):
        return False
    contents = [turn["content"] for turn in cast("list[dict[str, Any]]", body["messages"])]
    blocks = [block for content in contents if isinstance(content, list) for block in content]
    return all(block["type"] in ("text", "image", "document") for block in blocks)


def csharp_typed(call: Call) -> str:
    return (
        f"MessageCreateParams parameters = new()\n{{\n    Model = {quoted(call.deployment)},\n"
        f"{csharp_body(call.body)}}};\n"
    )


def csharp_raw(call: Call) -> str:
    """The request as JSON in a string. Source: Anthropic SDK for C#, MessageCreateParams.FromRawUnchecked."""
    text = json.dumps({"model": call.deployment, **call.body}, ensure_ascii=False)
    reads = "".join(
        f"\n    .Replace({quoted(f'<base64 of {name}>')}, Convert.ToBase64String(File.ReadAllBytes({json_name(name)})))"
        for name in dict.fromkeys(FROM_FILE.findall(text))
    )
    return (
        f"var json = {quoted(text)}{reads};\n"
        "var body = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json)!;\n"
        "var nothing = new Dictionary<string, JsonElement>();\n"
        "var parameters = MessageCreateParams.FromRawUnchecked(nothing, nothing, body);\n"
    )


def json_name(escaped: str) -> str:
    """A file's name as it stands in JSON, as a literal of C#."""
    return quoted(json.loads(f'"{escaped}"'))


def csharp_body(body: Mapping[str, object]) -> str:
    """The fields of MessageCreateParams; JSON's strings are C#'s strings."""
    lines = [f"    MaxTokens = {body['max_tokens']},\n"]
    if "system" in body:
        lines.append(f"    System = {quoted(body['system'])},\n")
    thinking, output = body.get("thinking"), body.get("output_config")
    if isinstance(thinking, Mapping):
        budget = f" {{ BudgetTokens = {thinking['budget_tokens']} }}" if "budget_tokens" in thinking else "()"
        lines.append(f"    Thinking = new ThinkingConfig{str(thinking['type']).capitalize()}{budget},\n")
    if isinstance(output, Mapping) and "effort" in output:
        lines.append(f"    OutputConfig = new() {{ Effort = {quoted(output['effort'])} }},\n")
    turns = "".join(
        f"        new() {{ Role = Role.{turn['role'].capitalize()}, Content = {csharp_content(turn['content'])} }},\n"
        for turn in cast("list[dict[str, Any]]", body["messages"])
    )
    return "".join([*lines, f"    Messages =\n    [\n{turns}    ],\n"])


def csharp_content(content: str | list[dict[str, Any]]) -> str:
    if isinstance(content, str):
        return quoted(content)
    blocks = "".join(f"            {csharp_block(block)},\n" for block in content)
    return f"new List<ContentBlockParam>\n        {{\n{blocks}        }}"


def csharp_block(block: Mapping[str, Any]) -> str:
    if block["type"] == "text":
        return f"new TextBlockParam {{ Text = {quoted(block['text'])} }}"
    source = block["source"]
    data = f"Convert.ToBase64String(File.ReadAllBytes({quoted(source['data'].name)}))"
    if block["type"] == "document":
        title = quoted(block["title"])
        return f"new DocumentBlockParam {{ Source = new Base64PdfSource {{ Data = {data} }}, Title = {title} }}"
    kind = "MediaType.Image" + source["media_type"].rsplit("/", 1)[-1].capitalize()
    return f"new ImageBlockParam {{ Source = new Base64ImageSource {{ Data = {data}, MediaType = {kind} }} }}"


LANGUAGES: dict[str, tuple[str, Callable[[Call], str], str]] = {
    "python": ("Python", python, "python"),
    "typescript": ("TypeScript", typescript, "typescript"),
    "csharp": ("C#", csharp, "csharp"),
    "curl": ("curl", curl, "bash"),
}
