"""Pictures and PDFs that go with a message: taken in, sealed, handed to Claude. Only here are their bytes opened."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from console.accounts.models import User
from console.playground import kinds
from console.playground.models import Attachment, Conversation, Exchange
from console.playground.snippets import FromFile
from console.web import vault
from console.web.ids import new_id
from console.web.text import clean

# The API takes 5 MB of base64 a picture, 8,000 pixels a side and 600 pages (platform.claude.com, "Vision", "PDF
# support"), and 32 MB a request (azure-facts 2.2): base64 makes four bytes of three, and text goes along.
MOST_IMAGE, MOST_SIDE = 3_932_160, 8_000
MOST_PDF, MOST_PAGES = 10 * 1024 * 1024, 600
MOST_TOGETHER = 20 * 1024 * 1024
# With more than twenty pictures the API takes smaller ones only.
MOST_FILES = 20
# What one person may have lying in composers, unsent.
MOST_UNSENT = 60
# What a form has beside its file.
FORM = 20_000
LONGEST_NAME = 120


class NotAttached(Exception):
    """The file was not taken; `words` is the sentence for the person."""

    def __init__(self, words: str) -> None:
        self.words = words
        super().__init__(words)


class TooMuch(Exception):
    """The attachments of a conversation are more than one request may hold."""


@dataclass(frozen=True, slots=True)
class File:
    """What is known of an attachment besides its bytes; exchanges keep it as JSON. `size` in bytes."""

    id: str
    media_type: str
    name: str
    size: int
    width: int | None = None
    height: int | None = None
    pages: int | None = None

    @property
    def is_image(self) -> bool:
        return self.media_type != kinds.PDF

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def file_of(row: Attachment) -> File:
    return File(str(row.pk), row.media_type, row.name, row.size, row.width, row.height, row.pages)


def files_of(exchange: Exchange) -> list[File]:
    return [File(**known) for known in exchange.attachments]


# ---- Taking in ----


def attach(user: User, conversation: Conversation, name: str, data: bytes) -> File:
    """Keep these bytes with the conversation's next message. Raises NotAttached."""
    if Attachment.objects.of(user).unsent().count() >= MOST_UNSENT:
        raise NotAttached(_("You have many unsent attachments already. Send or remove some first."))
    if len(in_composer(conversation)) >= MOST_FILES:
        raise NotAttached(_("One message takes at most %(most)s attachments.") % {"most": MOST_FILES})
    kind = checked(data)
    return keep(conversation, data, file_name(name, kind), kind)


def keep(conversation: Conversation, data: bytes, name: str, kind: kinds.Kind, *, sent: bool = False) -> File:
    """A new row, its bytes sealed for it alone."""
    key = new_id()
    row = Attachment.objects.create(
        id=key, conversation=conversation, media_type=kind.media_type, name=name, size=len(data), sent=sent,
        width=kind.width, height=kind.height, pages=kind.pages, sealed=vault.seal_bytes(data, bound_to=binding(key)),
    )  # fmt: skip
    return file_of(row)


def checked(data: bytes) -> kinds.Kind:
    """What the file is, if Claude takes it. Raises NotAttached."""
    if not data:
        raise NotAttached(_("This file is empty."))
    kind = kinds.recognise(data)
    if kind is None:
        raise NotAttached(_("This is no JPEG, PNG, GIF or WebP picture and no PDF. Claude takes only these."))
    most = most_bytes(kind.media_type)
    if len(data) > most:
        raise NotAttached(too_large(most))
    if max(kind.width or 0, kind.height or 0) > MOST_SIDE:
        raise NotAttached(_("This picture has more than 8,000 pixels on a side. Make it smaller first."))
    if kind.locked:
        raise NotAttached(_("This PDF is protected. Save a copy without a password and attach that."))
    if (kind.pages or 0) > MOST_PAGES:
        raise NotAttached(_("This PDF has more than %(most)d pages. Attach a part of it.") % {"most": MOST_PAGES})
    return kind


def too_large(most: int) -> str:
    return _("This is too large: at most %(most)s.") % {"most": filesizeformat(most)}


def most_bytes(media_type: str) -> int:
    """The largest file of this kind; the limit on bodies may be lower than the API's own."""
    return min(MOST_PDF if media_type == kinds.PDF else MOST_IMAGE, settings.BODY_LIMIT - FORM)


def limits() -> dict[str, int]:
    """What a browser may check before it sends a file up: a number of files, and bytes."""
    return {"files": MOST_FILES, "image": most_bytes(kinds.IMAGES[0]), "pdf": most_bytes(kinds.PDF)}


def file_name(name: str, kind: kinds.Kind) -> str:
    """The name it is kept under, at most LONGEST_NAME letters, its ending among them."""
    kept = readable(name) or "file." + kind.media_type.rsplit("/", 1)[-1]
    stem, dot, ending = kept.rpartition(".")
    return kept if len(kept) <= LONGEST_NAME else f"{(stem or ending)[:100]}{dot}{ending[:10] if stem else ''}"


def readable(name: str) -> str:
    """A file's name as people read it: composed (a Mac sends Hangul in pieces), on one line, without a path."""
    line = " ".join(clean(unicodedata.normalize("NFC", name)).split()).replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in line if letter.isprintable())


def binding(key: object) -> str:
    return f"attachment {key}"


def remove(attachment: Attachment) -> None:
    """Delete it if it was never sent; what was said stays whole."""
    Attachment.objects.unsent().filter(pk=attachment.pk).delete()


def in_composer(conversation: Conversation, edited: Exchange | None = None) -> list[File]:
    """What lies in a conversation's composer: what is not sent yet, and what belongs to a message being said anew."""
    rows = conversation.attachments.unsent().bare().order_by("id")[:MOST_FILES]
    return [*(files_of(edited) if edited else ()), *map(file_of, rows)]


# ---- Sending ----


def chosen(conversation: Conversation, ids: Sequence[UUID]) -> list[File] | None:
    """The conversation's attachments with these ids, in this order; None when one of them is not there any more."""
    if not ids:
        return []
    rows = {row.pk: row for row in conversation.attachments.bare().filter(pk__in=ids)}
    wanted = list(dict.fromkeys(ids))
    return [file_of(rows[key]) for key in wanted] if len(rows) == len(wanted) else None


def mark_sent(conversation: Conversation, files: Sequence[File]) -> bool:
    """Keep them with the conversation; False when one was deleted meanwhile."""
    return conversation.attachments.filter(pk__in=[file.id for file in files]).update(sent=True) == len(files)


def opened(attachment: Attachment) -> bytes | None:
    """The bytes; None when they were sealed under a SECRET_KEY that is gone."""
    try:
        return vault.open_bytes(bytes(attachment.sealed), bound_to=binding(attachment.pk))
    except vault.CannotOpen:
        return None


class Reader:
    """Hands out the bytes of a conversation's attachments as base64, until they are more than `most` together."""

    def __init__(self, conversation: Conversation, most: int = MOST_TOGETHER) -> None:
        self.conversation, self.left = conversation, most

    def __call__(self, file: File) -> str | None:
        """None for what retention has deleted or nobody can open any more. Raises TooMuch."""
        self.left -= file.size
        if self.left < 0:
            raise TooMuch
        row = self.conversation.attachments.filter(pk=file.id).first()
        data = opened(row) if row else None
        return base64.b64encode(data).decode("ascii") if data is not None else None


def named(file: File) -> str:
    """What stands for the bytes where a request is shown, not sent."""
    return FromFile(file.name)


def content(text: str, files: Sequence[File], data_of: Callable[[File], str | None]) -> str | list[dict[str, object]]:
    """A message as the API takes it: text alone, or attachments before the text, as Claude likes them."""
    if not files:
        return text
    blocks = [block(file, data_of(file)) for file in files]
    return [*blocks, {"type": "text", "text": text}] if text.strip() else blocks


def bare(messages: Sequence[dict[str, object]]) -> list[object]:
    """What was said in these messages, without the bytes of what was attached."""
    contents = [message["content"] for message in messages]
    return [
        [block for block in one if block.get("type") not in ("image", "document")] if isinstance(one, list) else one
        for one in contents
    ]


def block(file: File, data: str | None) -> dict[str, object]:
    """Source: azure-facts 2.2, input blocks."""
    if data is None:
        return {"type": "text", "text": f"[{file.name}: this attachment is not kept any more]"}
    source = {"type": "base64", "media_type": file.media_type, "data": data}
    if file.is_image:
        return {"type": "image", "source": source}
    return {"type": "document", "source": source, "title": file.name}


# ---- Copying ----


def copy(rows: Sequence[Exchange], conversation: Conversation) -> None:
    """Give these copies of exchanges attachments in `conversation`: the original's may be deleted before."""
    copies = {key: copy_of(key, conversation) for key in {file.id for row in rows for file in files_of(row)}}
    for exchange in rows:
        exchange.attachments = [{**known, "id": copies[known["id"]]} for known in exchange.attachments]


def copy_of(key: str, conversation: Conversation) -> str:
    """The same bytes in a row of their own; its id, or the old one where there is nothing to copy any more."""
    row = Attachment.objects.filter(pk=key).first()
    data = opened(row) if row else None
    if row is None or data is None:
        return key
    kind = kinds.Kind(row.media_type, row.width, row.height, row.pages)
    return keep(conversation, data, row.name, kind, sent=True).id
