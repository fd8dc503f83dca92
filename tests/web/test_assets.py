"""What browsers load is what stands in static/, without its comments."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.core.files.storage import FileSystemStorage

from console.web.assets import HashedFiles

SOURCE = Path(__file__).parents[2] / "static"


def test_collected_files_are_the_same_code_without_comments(tmp_path):
    shutil.copytree(SOURCE, tmp_path, dirs_exist_ok=True)
    names = [str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.*")]
    storage = HashedFiles(location=tmp_path, base_url="/static/")
    files = {name: (FileSystemStorage(SOURCE), name) for name in names}
    for _name, _made, done in storage.post_process(files):
        assert done is True
    for name in names:
        code = (tmp_path / storage.stored_name(name)).read_text()
        written = (SOURCE / name).read_text().splitlines(keepends=True)
        if name.endswith(".js"):
            assert code == "".join(line for line in written if not line.strip().startswith("//")), name
        elif name.endswith(".css"):
            assert "/*" not in code
            rules = [line for line in written if "{" in line and "/*" not in line]
            assert rules
            assert [line for line in rules if line not in code] == []
        else:
            assert code == "".join(written)
