"""How fast the page of the dashboard is, and what a visit costs, compared with a bare page.

    python benchmarks/serving.py [--rounds 5] [--json benchmarks/results/serving.json]
    python benchmarks/serving.py --network 10
    python benchmarks/serving.py --live [--json benchmarks/results/live.json]
    python benchmarks/serving.py --live --lab
    python benchmarks/serving.py --against ../before --rounds 15

Real Chromium, real Voilà servers, real kernels. The pages alternate, so that other load on the
machine affects all of them, and every figure is the median over the rounds:

- "static": an HTML file with one Plotly figure and plotly.js beside it;
- "bare": a Voilà notebook of one slider and that figure, with Voilà's own template and settings;
- "ours": the dashboard, as `python -m recsys serve` serves it.

In a first visit the browser's cache is empty; a repeat visit is the next one of the same browser.
"cold" starts a kernel for the visit, "warm" finds one preheated. Linux only.

"transferred" is what came over HTTP, the page and all headers included, until the click was
answered; "websocket" is the size of the messages before the server compresses them.

With `--network`, Chromium slows its connection down to that many Mbit/s, and every answer and
message comes 40 ms later. It does not imitate the slow start of TCP.

With `--live`, the arrow keys move a slider of each model that is fitted live to values for which
nobody has fitted it before, from the highest downwards. Measured is the time from the key until the
list and its heading are painted, and, while such fits run, from a click that removes a picked
course until it has gone. The data is IBM's if it is present, else the bundled set. With `--lab`,
the notebook is open in JupyterLab, without our server, and has a model of its own.

With `--against`, the dashboard of another checkout (`make install` there first) takes the place of
the other pages. Each figure is then the geometric mean of the rounds' ratios, ours to theirs, with
its 95 % bootstrap interval over the rounds; who goes first changes from round to round.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from subprocess import DEVNULL
from typing import IO

import nbformat
import numpy as np
import plotly.graph_objects as go
import psutil
from playwright.sync_api import Browser, Page, Playwright, WebSocket, sync_playwright

from recsys.evaluation import interval
from recsys.models import find
from recsys.sources import available

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 120_000  # milliseconds
BARE = """\
import ipywidgets, plotly.graph_objects as go
ipywidgets.IntSlider()
---
go.Figure(go.Bar(x=[5, 4, 3, 2, 1], y=list("abcde"), orientation="h"))
"""
FIGURE = ".js-plotly-plot .main-svg"
SLIDER = ".noUi-handle"
LIST = "tr.recommended"
PICKED = ".recsys-chips .recsys-remove"
LATENCY = 40  # milliseconds
CLICKS = 8  # while a fit runs
PAUSE = 1.3  # seconds between two moves, in which the fitted model is also stored
MOVES = 20  # of a slider
# The models that are fitted live, with the label of a slider.
LIVE = {
    "course-similarity": "Title weight",
    "user-profile": "Popularity prior",
    "knn": "Neighbours",
    "clustering": "Number of clusters",
    "clustering-pca": "Number of clusters",
    "nmf": "Components",
}
CLICKED = "nmf"  # the fit during which is clicked: the longest
OWN = """\
from recsys import models
@models.register
class Own(models.NMF):
    name = short = "Own"
"""
COURSES = (
    "PY0101EN,DS0101EN,BD0101EN,BD0111EN,DA0101EN,DS0103EN,ML0101EN,BD0211EN,DS0105EN,BC0101EN,"
    "DV0101EN,ML0115EN"
)

# Waits for the next key, and then until something new is painted: the list, or its heading alone if
# the list is the same; with `clicked`, the courses that are left after the first was removed.
# `window.moved` is a promise of the milliseconds from the key, or from the click.
WATCH = """(clicked) => {
  const [first, last] = clicked ? [CHIPS, CHIPS] : [".recsys-heading", ".recsys-table"];
  window.moved = new Promise((resolve, reject) => {
    let start;
    const when = (selector, act) => new MutationObserver(act).observe(
      document.querySelector(selector), { childList: true, subtree: true, characterData: true });
    const painted = (act) => requestAnimationFrame(() => requestAnimationFrame(() => act(
      performance.now() - start)));
    const click = () => {
      start = performance.now();
      document.querySelector("PICKED").click();
    };
    const begin = () => {
      start = performance.now();
      when(last, () => painted(resolve));
      when(first, () => painted((alone) => setTimeout(() => resolve(alone), 300)));
      if (clicked) setTimeout(click, 50); // until the fit has begun
    };
    addEventListener("keydown", begin, { once: true, capture: true });
    setTimeout(() => reject(new Error("no answer: do its fits take more than a second?")), 20000);
  });
}""".replace("PICKED", PICKED).replace("CHIPS", '".recsys-chips"')


@dataclass
class Kind:
    """A page to visit, and what was measured on it."""

    name: str
    url: str
    dashboard: bool = False
    server: psutil.Process | None = None  # of its kernels; None for a static page
    pool: int = 0
    figures: dict[str, list[float]] = field(default_factory=dict)

    def note(self, what: str, figure: float) -> None:
        self.figures.setdefault(what, []).append(figure)


def main() -> None:
    """Measure all pages and print the medians."""
    arguments = parse()
    about = machine()
    if arguments.network:
        about["network"] = f"{arguments.network:g} Mbit/s, {LATENCY} ms"
    print(*(f"{what}: {text}" for what, text in about.items()), sep="\n")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as servers, sync_playwright() as play:
        if arguments.live:
            measure_live(arguments, about, Path(folder), play)
            return
        chosen = rivals(arguments.against) if arguments.against else pages(Path(folder))
        kinds = [servers.enter_context(each) for each in chosen]
        browser = launched(play)
        about["Chromium"] = browser.version
        for kind in kinds:
            # So that the operating system has the files in its cache.
            visit(browser, kind, arguments.network, counts=False)
        for number in range(arguments.rounds):
            print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)
            for kind in kinds[:: -1 if number % 2 else 1]:
                visit(browser, kind, arguments.network)
        browser.close()
    if arguments.against:
        print(ratios(kinds))
        return
    rows = {
        kind.name: {what: statistics.median(all_) for what, all_ in kind.figures.items()}
        for kind in kinds
    }
    print(table(rows))
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        result = {"machine": about, "rounds": arguments.rounds, "pages": rows}
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


def parse() -> argparse.Namespace:
    """The arguments of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--live", action="store_true", help="measure sliders instead")
    parser.add_argument("--lab", action="store_true", help="in JupyterLab; with --live")
    parser.add_argument("--network", type=float, metavar="MBIT", help="Mbit/s of the connection")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="compare with this one")
    return parser.parse_args()


def launched(play: Playwright) -> Browser:
    """Chromium."""
    return play.chromium.launch(
        executable_path=os.environ.get("CHROME_PATH", "/usr/bin/chromium"),
        args=["--no-sandbox", "--disable-gpu"],
    )


def machine() -> dict[str, str]:
    """The machine and the versions, on which the figures depend."""
    cpu = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "processor": f"{os.cpu_count()} × {cpu}",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "busy before": f"{os.getloadavg()[0]:.1f} of {os.cpu_count()} cores",
        "Python": platform.python_version(),
        **{name: version(name) for name in ("voila", "ipywidgets", "plotly")},
    }


# Servers


def pages(folder: Path) -> list[Iterator[Kind]]:
    """The kinds of page, each as a context manager that serves it."""
    figure = go.Figure(go.Bar(x=[5, 4, 3, 2, 1], y=list("abcde"), orientation="h"))
    figure.write_html(folder / "index.html", include_plotlyjs="directory")
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in BARE.split("---\n")],
        metadata={"kernelspec": {"name": "python3", "display_name": "", "language": "python"}},
    )
    (folder / "bare").mkdir()
    nbformat.write(notebook, folder / "bare" / "bare.ipynb")
    python = sys.executable
    static = [python, "-m", "http.server", "--bind=127.0.0.1", "--directory", str(folder), "{port}"]
    bare = [python, "-m", "voila", "bare.ipynb", "--port={port}", "--no-browser"]
    bare += ["--Voila.log_level=ERROR"]
    warm = ["--preheat_kernel=True", "--pool_size=1"]
    return [
        served("static", static, folder),
        served("bare, cold", bare, folder / "bare"),
        served("bare, warm", [*bare, *warm], folder / "bare", pool=1),
        *dashboards("ours", ROOT, python),
    ]


def rivals(checkout: Path) -> list[Iterator[Kind]]:
    """The dashboard of this checkout and that of another, each cold and warm."""
    python = checkout.resolve() / ".venv" / "bin" / "python"
    ours = dashboards("ours", ROOT, sys.executable)
    theirs = dashboards("theirs", checkout.resolve(), str(python))
    return [ours[0], theirs[0], ours[1], theirs[1]]


def dashboards(name: str, checkout: Path, python: str) -> list[Iterator[Kind]]:
    serve = [python, "-m", "recsys", "serve", "--no-browser", "--port={port}"]
    return [
        served(f"{name}, cold", [*serve, "--preheat=0"], checkout, dashboard=True),
        served(f"{name}, warm", [*serve, "--preheat=1"], checkout, pool=1, dashboard=True),
    ]


@contextmanager
def served(
    name: str,
    command: list[str],
    folder: Path,
    pool: int = 0,
    log: int | IO[str] = DEVNULL,
    dashboard: bool = False,
) -> Iterator[Kind]:
    """Run a server for the length of the context; `pool` is how many kernels it preheats."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [word.format(port=port) for word in command],
        cwd=folder,
        stdout=log,
        stderr=log,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    url = f"http://127.0.0.1:{port}/"
    try:
        while process.poll() is None and not answers(url + "static/nothing"):
            time.sleep(0.1)
        yield Kind(name, url, dashboard, psutil.Process(process.pid), pool)
    finally:
        process.terminate()
        process.wait(60)


def answers(url: str) -> bool:
    """Whether a server answers at an address."""
    try:
        urllib.request.urlopen(url, timeout=5)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def kernels(kind: Kind) -> dict[psutil.Process, float]:
    """The server's kernels, the oldest first, and how many seconds each has computed."""
    assert kind.server is not None
    found = {}
    for one in kind.server.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it has just ended
            if kernel_id(one):
                found[one] = sum(one.cpu_times()[:2])
    return dict(sorted(found.items(), key=lambda item: item[0].create_time()))


def kernel_id(process: psutil.Process) -> str:
    """The first eight digits of the id of the kernel in a process; "" if it is not a kernel."""
    with suppress(psutil.Error):
        words = " ".join([process.name(), *process.cmdline()])
        found = re.search(r"kernel-([0-9a-f]{8})(?:-[0-9a-f-]{27}\.json)?\b", words)
        return found[1] if found else ""
    return ""


def wait_for_pool(kind: Kind) -> None:
    """Wait until preheated kernels have run their notebook, the server has made pages of them, and
    all other kernels have ended.
    """
    assert kind.server is not None
    while True:
        before, worked = kernels(kind), sum(kind.server.cpu_times()[:2])
        time.sleep(0.5)
        at_rest = sum(kind.server.cpu_times()[:2]) - worked < 0.05
        if len(before) == kind.pool and kernels(kind) == before and at_rest:
            return


# A visit


def visit(browser: Browser, kind: Kind, network: float | None, counts: bool = True) -> None:
    """A first visit and a repeat visit of the same browser, over a network of so many Mbit/s."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    # Without it, the kernel of a bare page that was left is not ended (voila #1458).
    context.add_cookies([{"name": "_xsrf", "value": "00" * 16, "url": kind.url}])
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    if network:
        speed = network * 1e6 / 8  # bytes a second
        conditions = {"offline": False, "latency": LATENCY}
        conditions |= {"downloadThroughput": speed, "uploadThroughput": speed}
        devtools.send("Network.emulateNetworkConditions", conditions)
    transferred: list[float] = []
    devtools.on(
        "Network.loadingFinished",
        lambda event: transferred.append(event["encodedDataLength"]),
    )
    for which in ("first", "repeat"):
        if kind.name != "static":
            wait_for_pool(kind)
        transferred.clear()
        found = one_visit(page, kind)
        found["transferred, MB"] = sum(transferred) / 1e6
        if counts:
            for what, figure in found.items():
                kind.note(f"{which}: {what}", figure)
        page.goto("about:blank")  # leaving ends the kernel
    context.close()


def one_visit(page: Page, kind: Kind) -> dict[str, float]:
    """The figures of one visit, by name."""
    received = [0]

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda data: count(data, received))

    page.on("websocket", listen)
    page.goto(kind.url, wait_until="commit")
    found = {}
    if kind.dashboard:
        found["list, s"] = shown(page, LIST)
    found["figure, s"] = shown(page, FIGURE)
    if kind.dashboard:
        found["click answered, s"] = clicked(page)
    if kind.name.startswith("bare"):
        found["click answered, s"] = moved(page, received)
    page.remove_listener("websocket", listen)
    if kind.name != "static":
        found["websocket, MB"] = received[0] / 1e6
        # The visitor's kernel is the oldest; a pool is filled behind it.
        found["kernel, MB"] = proportional(next(iter(kernels(kind))))
    return found


def count(data: str | bytes, into: list[int]) -> None:
    """Add the size of a message to a list."""
    into[0] += len(data)


def shown(page: Page, selector: str) -> float:
    """Seconds from the start of the navigation until an element is on the screen."""
    return (
        page.wait_for_function(
            "one => document.querySelector(one)?.checkVisibility() && performance.now()",
            arg=selector,
        ).json_value()
        / 1000
    )


def clicked(page: Page) -> float:
    """Seconds from the start of the navigation until a click has been answered: the first picked
    course is removed.
    """
    picked = page.evaluate("one => document.querySelectorAll(one).length", PICKED)
    page.evaluate("one => document.querySelector(one).click()", PICKED)
    return (
        page.wait_for_function(
            "([one, n]) => document.querySelectorAll(one).length < n && performance.now()",
            arg=[PICKED, picked],
        ).json_value()
        / 1000
    )


def moved(page: Page, received: list[int]) -> float:
    """Seconds from the start of the navigation until the kernel has answered to a moved slider."""
    shown(page, SLIDER)
    before = received[0]
    page.locator(SLIDER).press("ArrowRight")
    while received[0] == before:
        page.wait_for_timeout(1)
    return page.evaluate("performance.now()") / 1000


def proportional(process: psutil.Process) -> float:
    """The proportional set size in megabytes: each shared page is divided by its users."""
    rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    pss = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(pss.split()[1]) * 1024 / 1e6


# Sliders


def measure_live(
    arguments: argparse.Namespace, about: dict[str, str], folder: Path, play: Playwright
) -> None:
    """Measure the sliders of the live models, and print and store the figures."""
    present = {one.key: one for one in available()}
    source = present.get("ibm") or present["bundled"]
    os.environ["RECSYS_STORE"] = str(folder / "store")
    at_defaults = [sys.executable, "-m", "recsys", "train", "--data", source.key, "--model", *LIVE]
    subprocess.run(at_defaults, cwd=ROOT, check=True, stdout=DEVNULL, stderr=DEVNULL)
    serve = [sys.executable, "-m", "recsys", "serve", "--no-browser", "--port={port}"]
    server = jupyterlab(folder) if arguments.lab else served("ours", serve, ROOT, dashboard=True)
    with server as kind:
        browser = launched(play)
        rows = {}
        for key in [*LIVE, *["own"] * arguments.lab]:
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            page.set_default_timeout(PATIENCE)
            open_at(page, kind, key, source.key)
            model = find("nmf" if key == "own" else key)
            label = LIVE[model.key()]
            (default,) = (one.default for one in model.hyperparameters() if one.label == label)
            rows[key] = of_moves(moves(page, label, default))
            print(f"{key:28}" + shown_row(rows[key]), flush=True)
            if key == CLICKED and not arguments.lab:  # a notebook begins with few picks
                clicks = moves(page, label, default, clicked=True)
                rows["a click meanwhile"] = of_moves(clicks)
                print(f"{'a click meanwhile':28}" + shown_row(rows["a click meanwhile"]))
            page.close()
        browser.close()
    if arguments.json:
        about["busy afterwards"] = f"{os.getloadavg()[0]:.1f} of {os.cpu_count()} cores"
        result = {"machine": about, "data": source.title, "seconds": rows}
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


@contextmanager
def jupyterlab(folder: Path) -> Iterator[Kind]:
    """JupyterLab with the settings of `make lab`, over a notebook that has a model of its own."""
    notebook = nbformat.read(ROOT / "dashboard.ipynb", as_version=4)
    notebook.cells.insert(1, nbformat.v4.new_code_cell(OWN))
    nbformat.write(notebook, folder / "dashboard.ipynb")
    command = [sys.executable, "-m", "jupyterlab", "--port={port}", "--no-browser"]
    command += ["--IdentityProvider.token=", "--allow-root", "--LabApp.news_url=None"]
    os.environ["JUPYTER_CONFIG_PATH"] = str(ROOT)
    os.environ["JUPYTERLAB_WORKSPACES_DIR"] = str(folder / "workspaces")
    with served("JupyterLab", command, folder) as kind:
        yield kind


def open_at(page: Page, kind: Kind, key: str, source: str) -> None:
    """Open the dashboard with a data set, picked courses and a model, and wait for its list."""
    if kind.dashboard:
        page.goto(f"{kind.url}?data={source}&courses={COURSES}&model={key}")
    else:
        page.goto(f"{kind.url}lab/tree/dashboard.ipynb?reset")
        page.get_by_text("| Idle").wait_for()
        for word in ("Run", "Run All Cells"):
            page.get_by_role("menuitem", name=word, exact=True).click()
        page.locator(LIST).first.wait_for()
        name = "Own" if key == "own" else find(key).name
        page.locator(f'.recsys-choose-model button[title="{name}"]').click()
        page.locator(".recsys-heading", has_text=name).wait_for()
    page.locator(LIST).first.wait_for()
    more = page.get_by_role("button", name="More settings")
    if more.is_visible():
        more.click()


def moves(page: Page, label: str, default: int, clicked: bool = False) -> list[float]:
    """Seconds until the answer to each move of a slider, or to a click right after it.

    The slider is moved down from its highest value; with `clicked`, up from its lowest.
    """
    first, then = ("Home", "ArrowRight") if clicked else ("End", "ArrowLeft")
    of_ipywidgets = page.locator(".widget-slider", has_text=label).locator(".noUi-handle")
    slider = page.get_by_role("slider", name=label).or_(of_ipywidgets).first
    slider.press(first)
    page.locator(".recsys-heading", has_text=str(focused_value(page))).wait_for()
    found = []
    for _ in range(CLICKS if clicked else MOVES):
        time.sleep(PAUSE)
        slider.focus()  # and no search for it later, which would keep the page busy
        before = focused_value(page)
        page.evaluate(WATCH, clicked)
        page.keyboard.press(then)
        now = focused_value(page)
        if now == before:  # there are no more values
            break
        seconds = page.evaluate("window.moved") / 1000
        if now != default:  # it is fitted already
            found.append(seconds)
    return found


def focused_value(page: Page) -> int:
    """The value of the slider that has the focus, of our page or of ipywidgets."""
    value = "document.activeElement.value ?? Number(document.activeElement.ariaValueNow)"
    return int(page.evaluate(value))


def of_moves(seconds: list[float]) -> dict[str, float]:
    """The median and the 95th percentile, by the nearest rank."""
    rank = math.ceil(0.95 * len(seconds)) - 1
    return {"median": statistics.median(seconds), "p95": sorted(seconds)[rank]}


def shown_row(row: dict[str, float]) -> str:
    """Figures as text."""
    return "  ".join(f"{what} {seconds:.3f} s" for what, seconds in row.items())


def table(rows: dict[str, dict[str, float]]) -> str:
    """The medians as text, one column for each kind of page."""
    names = list(rows)
    width = max(map(len, names))
    whats = dict.fromkeys(what for row in rows.values() for what in row)
    lines = [" " * 28 + "  ".join(f"{name:>{width}}" for name in names)]
    for what in whats:
        cells = (f"{rows[name][what]:.2f}" if what in rows[name] else "–" for name in names)
        lines.append(f"{what:28}" + "  ".join(f"{cell:>{width}}" for cell in cells))
    return "\n".join(lines)


def ratios(kinds: list[Kind]) -> str:
    """Ours to theirs, figure by figure, with the interval over the rounds."""
    by_name = {kind.name: kind.figures for kind in kinds}
    lines = [f"{'ours / theirs':34}{'ratio':>8}  95 % interval"]
    for start in ("cold", "warm"):
        ours, theirs = by_name[f"ours, {start}"], by_name[f"theirs, {start}"]
        for what in ours:
            if max(theirs[what]) > 0:  # a repeat visit fetches nothing
                logs = np.log(np.array(ours[what]) / np.array(theirs[what]))
                ratio, low, high = np.exp(interval(logs))
                lines.append(f"{f'{start}, {what}':34}{ratio:8.3f}  {low:.3f} – {high:.3f}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
