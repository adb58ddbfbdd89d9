"""How soon a page with what a learner adds is complete, compared with Voilà's own template.

    python benchmarks/front_ends.py [--rounds 5] [--cases 12]

Real Chromium, a real Voilà server, and notebooks of tests/browser/corpus.py, spread over all of it.
Both templates alternate; each visit has an empty cache and a kernel of its own. A page is complete
when its cells are drawn and no widget is loading. Each figure is the geometric mean of the rounds'
ratios, ours to Voilà's, with its 95 % bootstrap interval. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import nbformat
import numpy as np
from playwright.sync_api import Browser, sync_playwright
from serving import PATIENCE, ROOT, machine, served

from recsys.evaluation import interval

sys.path.insert(0, str(ROOT / "tests" / "browser"))
from corpus import CASES, IMPORTS

COMPLETE = """() => {
  const cells = document.getElementById("rendered_cells");
  return cells && getComputedStyle(cells).display !== "none"
    && !document.getElementById("loading")
    && !document.querySelector("script[type*='cell-output']")
    && !cells.innerText.includes("Loading widget");
}"""


def main() -> None:
    """Measure the cases and print the ratios."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cases", type=int, default=12)
    arguments = parser.parse_args()
    print(*(f"{what}: {text}" for what, text in machine().items()), sep="\n")
    names = list(CASES)[:: max(1, len(CASES) // arguments.cases)]
    os.environ["JUPYTER_PATH"] = str(ROOT / "share" / "jupyter")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        for number, name in enumerate(names):
            write(Path(folder, f"{number}.ipynb"), CASES[name].cells)
        settings = json.loads((ROOT / "voila.json").read_text())
        settings["VoilaConfiguration"]["allow_template_override"] = "YES"
        Path(folder, "voila.json").write_text(json.dumps(settings))
        browser = play.chromium.launch(
            executable_path=os.environ.get("CHROME_PATH", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        command = [sys.executable, "-m", "voila", ".", "--no-browser", "--port={port}"]
        times: dict[tuple[str, str], list[float]] = defaultdict(list)
        with served("corpus", command, Path(folder)) as server:
            for one in range(arguments.rounds + 1):
                for number, name in enumerate(names):
                    for template in ("recsys", "lab")[:: -1 if one % 2 else 1]:
                        url = f"{server.url}voila/render/{number}.ipynb?template={template}"
                        taken = visit(browser, url)
                        if one:  # the first round fills the operating system's cache
                            times[name, template].append(taken)
        browser.close()
    logs = {name: np.log(np.divide(times[name, "recsys"], times[name, "lab"])) for name in names}
    for name, found in {**logs, "all": np.concatenate(list(logs.values()))}.items():
        ratio, low, high = np.exp(interval(found))
        print(f"{name:40}{ratio:8.3f}  {low:.3f} – {high:.3f}")


def write(path: Path, cells: tuple[str, ...]) -> None:
    """A notebook of these cells."""
    kernel = {"name": "python3", "display_name": "", "language": "python"}
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in (IMPORTS, *cells)]
    nbformat.write(notebook, path)


def visit(browser: Browser, url: str) -> float:
    """Seconds until the page is complete."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.route(lambda other: "127.0.0.1" not in other, lambda route: route.abort())
    context.add_cookies([{"name": "_xsrf", "value": "00" * 16, "url": url}])
    page = context.new_page()
    started = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_function(COMPLETE, timeout=PATIENCE)
    taken = time.perf_counter() - started
    page.goto("about:blank")  # leaving ends the kernel
    context.close()
    return taken


if __name__ == "__main__":
    main()
