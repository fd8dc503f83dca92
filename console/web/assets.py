"""Static files under names that carry their content's hash, compressed once at collection."""

from __future__ import annotations

from servestatic.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):
    """A file the manifest does not know keeps its plain name: a page is never lost over a picture."""

    manifest_strict = False
