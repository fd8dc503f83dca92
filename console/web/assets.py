"""Static files under names that carry their content's hash: without their comments, and compressed at collection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from servestatic.storage import CompressedManifestStaticFilesStorage

# Of our own files: comments are a fifth of what a browser would load. Whole lines in modules, all in sheets; nothing
# that a minifier would have to understand code for.
COMMENTS = {
    "js": re.compile(r"^[ \t]*//.*\n", re.MULTILINE),
    "css": re.compile(r"/\*.*?\*/\n?", re.DOTALL),
}


class HashedFiles(CompressedManifestStaticFilesStorage):
    """A file the manifest does not know keeps its plain name: a page is never lost over a picture."""

    manifest_strict = False

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """What Django and servestatic do with the collected files, after the comments are gone."""
        for name in () if dry_run else list(paths):
            if comments := COMMENTS.get(name.partition("/")[0]):
                file = Path(self.path(name))
                file.write_text(comments.sub("", file.read_text(encoding="utf-8")), encoding="utf-8")
                paths[name] = (self, name)  # read from here, no more from where it was collected
        yield from super().post_process(paths, dry_run, **options)
