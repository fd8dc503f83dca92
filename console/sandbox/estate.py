"""The sample estate: Contoso's and Hanbit's Azure, with one deployment for each scene."""

from __future__ import annotations

from console.sandbox.world import Account, Deployment, Subscription

SUBSCRIPTIONS = (
    Subscription("Production"),
    Subscription("Development", opens_with_empty_page=True),
    Subscription("Korea Central AI", throttles=True),
    Subscription("Finance (restricted)", forbidden=True),
    Subscription("Sandbox 2025", state="Disabled", quota_id="PayAsYouGo_2014-09-01"),
)

PLATFORM = {"owner": "platform@contoso.example", "env": "prod", "cost-centre": "CC-4100"}
HANBIT = {"owner": "ai-platform@hanbit.example", "env": "prod", "cost-centre": "HB-2207"}
RESEARCH = {"owner": "research@hanbit.example", "env": "research", "cost-centre": "HB-3110"}
DEV = {"owner": "developers@contoso.example", "env": "dev", "cost-centre": "CC-4190"}
SCENE = {"purpose": "failure drill"}

OPUS, SONNET, HAIKU = "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5"

MODELS_IN_USE = (
    Deployment(OPUS, OPUS, capacity=400, created_at="2026-10-08T02:15:00Z"),
    Deployment(SONNET, SONNET, capacity=600, created_at="2026-10-08T02:21:00Z"),
    Deployment(HAIKU, HAIKU, capacity=1000, created_at="2026-10-09T06:40:00Z"),
    Deployment("claude-opus-4-8", "claude-opus-4-8", capacity=120, created_at="2026-06-03T09:00:00Z"),
    Deployment("claude-opus-4-8-anthropic", "claude-opus-4-8", "1", capacity=40, created_at="2026-06-03T09:05:00Z"),
    Deployment("claude-sonnet-4-6", "claude-sonnet-4-6", "1", capacity=80),
    Deployment("claude-haiku-4-5", "claude-haiku-4-5", "20251001", capacity=25, created_at="2025-11-20T01:00:00Z"),
    Deployment("gpt-5-mini", "gpt-5-mini", "2025-08-07", capacity=250),
    Deployment("embeddings", "text-embedding-3-large", "1", sku="Standard", capacity=120),
)

SCENES = (
    Deployment("claude-steady", SONNET, capacity=200),
    Deployment("claude-slow", OPUS, capacity=25),
    Deployment("claude-thinks", OPUS, capacity=50),
    Deployment("claude-tools", "claude-opus-4-8", capacity=50),
    Deployment("claude-long", SONNET, capacity=50),
    Deployment("claude-short", HAIKU, capacity=50),
    Deployment("claude-pause", "claude-opus-4-8", "1", capacity=25),
    Deployment("claude-recovers", SONNET, capacity=50),
    Deployment("claude-unicode", HAIKU, capacity=25),
    Deployment("claude-refuses", OPUS, capacity=25),
    Deployment("claude-refuses-midway", OPUS, capacity=25, tags=SCENE),
    Deployment("claude-throttled", HAIKU, capacity=1, tags=SCENE),
    Deployment("claude-throttled-day", HAIKU, capacity=1, tags=SCENE),
    Deployment("claude-throttled-bare", HAIKU, capacity=1, tags=SCENE),
    Deployment("claude-throttled-model", HAIKU, capacity=1, tags=SCENE),
    Deployment("claude-overloaded", OPUS, capacity=50, tags=SCENE),
    Deployment("claude-overloaded-midway", OPUS, capacity=50, tags=SCENE),
    Deployment("claude-breaks-midway", SONNET, capacity=50, tags=SCENE),
    Deployment("claude-cut-off", SONNET, capacity=50, tags=SCENE),
    Deployment("claude-cut-off-hard", SONNET, capacity=50, tags=SCENE),
    Deployment("claude-cut-off-late", SONNET, capacity=50, tags=SCENE),
    Deployment("claude-empty", SONNET, capacity=50, tags=SCENE),
    Deployment("claude-garbled", SONNET, capacity=50, tags=SCENE),
    Deployment("claude-silent", SONNET, capacity=50, tags=SCENE),
    Deployment("claude-pings", SONNET, capacity=50, tags=SCENE),
    Deployment("claude-forbidden", OPUS, capacity=50, tags=SCENE),
    Deployment("claude-missing", OPUS, capacity=50, tags=SCENE),
    Deployment("claude-retired", "claude-opus-4-1", "20250805", capacity=10, tags=SCENE),
    Deployment("claude-broken", SONNET, capacity=50, tags=SCENE),
    Deployment("claude-html", SONNET, capacity=50, tags=SCENE),
)

ACCOUNTS = (
    Account(
        "contoso-foundry",
        "Production",
        "rg-ai-prod",
        tags=PLATFORM,
        projects=("support-assistant", "contract-review"),
        deployments=(*MODELS_IN_USE, *SCENES),
    ),
    Account(
        "hanbit-foundry",
        "Production",
        "rg-hanbit-ai",
        "swedencentral",
        keys_allowed=False,
        tags=HANBIT,
        projects=("고객상담",),
        deployments=(
            Deployment(OPUS, OPUS, capacity=200),
            Deployment(SONNET, SONNET, capacity=300),
            Deployment("claude-haiku-support", HAIKU, capacity=800),
            Deployment("claude-steady", SONNET, capacity=100),
            Deployment("claude-throttled-eu", HAIKU, capacity=1),
            Deployment("mistral-large", "Mistral-Large-3", "1", capacity=10),
        ),
    ),
    Account(
        "contoso-private",
        "Production",
        "rg-ai-prod",
        public=False,
        tags={**PLATFORM, "data": "confidential"},
        projects=("payroll",),
        deployments=(Deployment(OPUS, OPUS, sku="DataZoneStandard", capacity=80), Deployment("claude-steady", SONNET)),
    ),
    Account("contoso-broken", "Production", "rg-ai-lab", state="Failed", tags={"owner": "unknown", "env": "lab"}),
    Account(
        "contoso-legacy", "Production", "rg-old", bare=True, deployments=(Deployment("claude-old", HAIKU, bare=True),)
    ),
    Account(
        "contoso-openai",
        "Production",
        "rg-ai-prod",
        kind="OpenAI",
        tags=PLATFORM,
        deployments=(Deployment("gpt-4.1", "gpt-4.1", "2025-04-14"),),
    ),
    Account("contoso-speech", "Production", "rg-ai-prod", kind="SpeechServices", tags=PLATFORM),
    Account("contoso-language", "Production", "rg-ai-prod", kind="TextAnalytics", tags=PLATFORM),
    Account("contoso-forms", "Production", "rg-documents", kind="FormRecognizer", tags={"env": "prod"}),
    Account("contoso-vision", "Production", "rg-documents", kind="ComputerVision"),
    Account("contoso-search-ai", "Production", "rg-search", kind="CognitiveServices", tags=PLATFORM),
    Account(
        "contoso-dev-foundry",
        "Development",
        "rg-ai-dev",
        tags=DEV,
        projects=("playground",),
        deployments=(
            Deployment(HAIKU, HAIKU, capacity=50),
            Deployment("claude-sonnet-4-6", "claude-sonnet-4-6", "1", capacity=20),
            Deployment("claude-sonnet-5-5-canary", SONNET, capacity=10, state="Creating"),
            Deployment("claude-opus-5-trial", "claude-opus-5", capacity=5000, state="Failed"),
            Deployment("claude-slow-eu", OPUS, capacity=10),
            Deployment("gpt-5-mini", "gpt-5-mini", "2025-08-07", capacity=20),
        ),
    ),
    Account("contoso-dev-speech", "Development", "rg-ai-dev", kind="SpeechServices", tags=DEV),
    Account(
        "hanbit-research",
        "Korea Central AI",
        "rg-hanbit-research",
        "swedencentral",
        tags=RESEARCH,
        projects=("논문-요약", "번역"),
        deployments=(
            Deployment(SONNET, SONNET, capacity=150),
            Deployment(HAIKU, HAIKU, capacity=400),
            Deployment("claude-steady-kr", SONNET, capacity=60),
            Deployment("claude-thinks-kr", OPUS, capacity=40),
        ),
    ),
    Account(
        "hanbit-seoul",
        "Korea Central AI",
        "rg-hanbit-research",
        "koreacentral",
        tags=RESEARCH,
        deployments=(Deployment("gpt-4.1", "gpt-4.1", "2025-04-14", sku="Standard", capacity=30),),
    ),
    Account("finance-foundry", "Finance (restricted)", "rg-finance", deployments=(Deployment(OPUS, OPUS),)),
)
