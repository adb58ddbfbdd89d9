"""Lead the README's two Binder badges to a repository: `python docs/badges.py [OWNER/REPO]`.

Without an argument it is the one on GitHub that git calls `origin`. Binder's addresses name the
repository, so that they cannot be right in every copy; until this has been run, the badges lead
to docs/binder.md.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
OPENS = {"dashboard": "voila/render/dashboard.ipynb", "jupyterlab": "lab/tree/dashboard.ipynb"}


def with_badges(text: str, repository: str) -> str:
    """The README's text with its badges leading to `repository`, such as `owner/name`."""
    for name, path in OPENS.items():
        address = f"https://mybinder.org/v2/gh/{repository}/HEAD?urlpath={path}"
        badge = rf"(\(docs/images/binder-{name}\.svg\)\])\([^)]*\)"
        text, found = re.subn(badge, rf"\1({address})", text)
        if found != 1:
            raise SystemExit(f"README.md has {found} badges binder-{name}.svg, not one.")
    return text


def on_github(url: str) -> str | None:
    """`owner/name` of an address that git understands; None if it is not on GitHub."""
    match = re.fullmatch(r"(?:.*[@/])?github\.com[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?", url.strip())
    return match[1] if match else None


def main() -> None:
    if sys.argv[1:]:
        repository = on_github(f"github.com/{sys.argv[1]}")
    else:
        origin = ["git", "remote", "get-url", "origin"]
        done = subprocess.run(origin, cwd=ROOT, capture_output=True, text=True, check=False)
        repository = on_github(done.stdout)
    if repository is None:
        raise SystemExit("No repository on GitHub is known: make badges REPO=owner/name")
    README.write_text(with_badges(README.read_text("utf-8"), repository), "utf-8")
    print(f"The badges in README.md open {repository} on Binder. Commit it.")


if __name__ == "__main__":
    main()
