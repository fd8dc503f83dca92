"""Who lives in the sandbox's directory: people with different standing, and the console's own identities."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Literal

TENANT_ID = "31c75423-32d6-4322-88b7-c478bdde4858"
OTHER_TENANT_ID = "f4b1c0de-5a77-4d2b-9c1e-7d0a3e5b9f10"
CLIENT_ID = "8f6d2c1a-4b3e-4f70-a1d9-52c0de7a9e31"

EVERYWHERE = frozenset({"*"})
Kind = Literal["person", "app"]


@dataclass(frozen=True)
class Principal:
    """Somebody a token speaks for, and what Azure's role assignments let them do.

    `sees` holds the display names of subscriptions, or `*`; `infers` is the data action on Claude (Foundry User);
    `manages` is Contributor: writing deployments and listing keys.
    """

    oid: str
    name: str
    username: str = ""
    tid: str = TENANT_ID
    kind: Kind = "person"
    sees: frozenset[str] = EVERYWHERE
    infers: bool = True
    manages: bool = False
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    says: dict[str, str] = field(default_factory=dict, hash=False, compare=False)

    @property
    def login_hint(self) -> str:
        """The optional claim: opaque, and not the user name."""
        return "O." + uuid.uuid5(uuid.NAMESPACE_OID, self.oid).hex

    @property
    def has_group_overage(self) -> bool:
        """More than 200 groups: Entra then leaves them out of the token."""
        return len(self.groups) > 200

    @property
    def in_home_tenant(self) -> bool:
        return self.tid == TENANT_ID


def guid(name: str) -> str:
    """The same GUID for the same name, on every machine."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.sandbox.contoso.example"))


def groups(count: int) -> tuple[str, ...]:
    return tuple(guid(f"group-{number}") for number in range(count))


PEOPLE = (
    Principal(
        guid("ada"),
        "Ada Kim",
        "ada@contoso.example",
        roles=("Admin",),
        groups=groups(3),
        manages=True,
        says={"en": "Runs the console: settings, resources, people", "ko": "콘솔 관리자: 설정, 리소스, 사용자 관리"},
    ),
    Principal(
        guid("ben"),
        "Ben Okafor",
        "ben@contoso.example",
        roles=("Viewer",),
        groups=groups(1),
        sees=frozenset({"Production"}),
        infers=False,
        says={
            "en": "Reads pages; may not call Claude in Azure",
            "ko": "보기만 합니다. Azure에서 Claude 호출 권한 없음",
        },
    ),
    Principal(
        guid("seoyeon"),
        "이서연",
        "seoyeon.lee@contoso.example",
        roles=("Playground",),
        groups=groups(2),
        sees=frozenset({"Production", "Korea Central AI"}),
        says={"en": "Writes to Claude in the playground", "ko": "플레이그라운드에서 Claude와 대화합니다"},
    ),
    Principal(
        guid("sam"),
        "Sam Rivera",
        "sam@contoso.example",
        roles=("Support",),
        groups=groups(2),
        sees=frozenset({"Production", "Development"}),
        infers=False,
        says={"en": "Looks up requests and answers tickets", "ko": "요청을 찾아보고 문의에 답합니다"},
    ),
    Principal(
        guid("minjun"),
        "최민준",
        "minjun.choi@contoso.example",
        roles=("Playground", "Support", "PromptReader"),
        groups=groups(5),
        sees=frozenset({"Production", "Development", "Korea Central AI"}),
        says={
            "en": "Playground, support, and reading other people's prompts",
            "ko": "플레이그라운드와 지원, 다른 사람의 프롬프트 열람까지",
        },
    ),
    Principal(
        guid("dana"),
        "Dana Müller",
        "dana@contoso.example",
        roles=("Playground",),
        groups=groups(1),
        sees=frozenset({"Production"}),
        infers=False,
        says={
            "en": "Playground role, but Azure refuses her calls to Claude",
            "ko": "플레이그라운드 역할은 있지만 Azure가 Claude 호출을 거절합니다",
        },
    ),
    Principal(
        guid("cy"),
        "Cy Novak",
        "cy@contoso.example",
        sees=frozenset(),
        infers=False,
        says={"en": "Has an account but no role in the console", "ko": "계정은 있지만 콘솔 역할이 없습니다"},
    ),
    Principal(
        guid("grace"),
        "Grace Park",
        "grace.park@contoso.example",
        roles=("Viewer",),
        groups=groups(240),
        sees=frozenset({"Production"}),
        infers=False,
        says={
            "en": "Reads pages; is in more than 200 groups",
            "ko": "보기만 합니다. 200개가 넘는 그룹에 속해 있습니다",
        },
    ),
    Principal(
        guid("oscar"),
        "Oscar Weber",
        "oscar@fabrikam.example",
        tid=OTHER_TENANT_ID,
        roles=("Admin",),
        sees=frozenset(),
        infers=False,
        says={
            "en": "Comes from another organisation (Fabrikam); should be turned away",
            "ko": "다른 조직(Fabrikam)의 계정이라 들어올 수 없어야 합니다",
        },
    ),
)

MANAGED_IDENTITY = Principal(guid("managed-identity"), "foundry-console", kind="app")
CONSOLE_APP = Principal(guid("console-app"), "Foundry console", kind="app")
EVERYONE = {one.oid: one for one in (*PEOPLE, MANAGED_IDENTITY, CONSOLE_APP)}


def find(text: str) -> Principal | None:
    """A person by oid, user name, login hint, or the part of the user name before the @ or the first dot."""
    wanted = text.strip().lower()
    for person in PEOPLE:
        local = person.username.partition("@")[0]
        if wanted in (person.oid, person.username, person.login_hint.lower(), local, local.partition(".")[0]):
            return person
    return None
