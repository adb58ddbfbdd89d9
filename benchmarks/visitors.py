"""A whole class at the dashboard at once: is it fast, does it break, and what does it need?

    python benchmarks/visitors.py [--visitors 30] [--over 60] [--json benchmarks/results/class.json]
    python benchmarks/visitors.py --same-training
    python benchmarks/visitors.py --slider knn
    python benchmarks/visitors.py --servers 2 --kill

Each visitor opens the page, picks two courses, switches through all nine stored models and leaves;
every fifth leaves without closing the page, like a laptop that is shut. A few visitors use
Chromium. The others are programs that speak the page's protocol, since a browser needs more of the
machine than the server does, and a real class brings its own computers. They load the page with its
widgets and scripts, press and choose, and wait until the kernel has sent all results.

With `--slider`, a visitor does not look at all models, but moves a slider of one that is fitted
live to another value every five seconds, and adds a course half a second later: is the list there
soon, is a wait told by a list that is dimmed, and how soon are the courses shown that are added
meanwhile? All of them are programs.

With `--same-training` all press Train for the same new hyperparameters when everybody has arrived.
With `--servers`, that many servers share one store of fitted models, behind nginx as in deploy/;
with `--kill`, the first is killed halfway, and its visitors open the page again. Linux only.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Page, expect, sync_playwright
from serving import Kind, kernel_id, kernels, machine, proportional, served, wait_for_pool
from websocket import WebSocketException, WebSocketTimeoutException

from recsys.models import registry
from recsys.serving.server import preheated_by_default

ROOT = Path(__file__).resolve().parents[1]
sys.path += [str(ROOT / "tests" / folder) for folder in ("", "faults", "browser")]

from balancer import balanced  # noqa: E402
from dashboard_page import Dashboard  # noqa: E402
from visits import Wire, ask, kernel_of, leave, wired  # noqa: E402

PATIENCE = 60.0  # seconds, after which a visitor counts as stuck
GONE_WITHIN = 120.0  # seconds after the last has left
THINKING = (1.0, 3.0)  # seconds between two clicks
SILENT = 5  # every fifth visitor leaves without closing the page
MODELS = 9
CLICK = {"method": "custom", "content": {"event": "click"}}
# Expected lines of a log: the address, our own check that the server answers, and the end of a
# kernel whose visitor has left without closing the page.
EXPECTED = ("The dashboard is at", "static/nothing", "Culling 'idle' kernel")
ERRORS = r"ERROR|CRITICAL|Traceback|Exception|Error\b"
TRAINED, SLIDER, NEW = 6, "Embedding size", 7  # the model, and a value nobody has fitted before
LIVE = {"knn": ("Neighbours", 100), "nmf": ("Components", 30)}  # a slider from 1 to this
EVERY = 5.0  # seconds between two moves of it
MOVES = 12
TOLD = 0.5  # seconds: a longer wait has to be told, and a person needs as long to reach a button


@dataclass
class Visit:
    """The figures of one visitor."""

    number: int
    browser: bool = False
    kernels: list[str] = field(default_factory=list)
    complete: float | None = None
    switches: list[float] = field(default_factory=list)
    moves: list[float] = field(default_factory=list)
    clicks: list[float] = field(default_factory=list)
    untold: int = 0
    trained: float | None = None
    lost: int = 0
    trouble: str = ""


def main() -> None:
    """Simulate the class and print the figures."""
    given = parse()
    about = machine()
    print(*(f"{what}: {text}" for what, text in about.items()), sep="\n")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        if given.same_training or given.slider:  # in a store of its own, where they are new
            os.environ["RECSYS_STORE"] = f"{folder}/store"
        fit(given.slider)
        logs = [Path(folder) / f"server-{i}.log" for i in range(given.servers)]
        servers = [stack.enter_context(dashboard(log)) for log in logs]
        url = servers[0].url
        if given.servers > 1:
            nginx = Path(folder) / "nginx"
            nginx.mkdir()
            ports = [int(one.url.rsplit(":")[-1].strip("/")) for one in servers]
            # nginx logs that a server was killed, as it should, so its log is not counted.
            url = stack.enter_context(balanced(nginx, nginx / "log", *ports))
        found = play(given, url, servers)
        lines = [line for log in logs for line in log.read_text().splitlines()]
    wrong = [line for line in lines if line and not any(one in line for one in EXPECTED)]
    found["errors in the servers' logs"] = sum(bool(re.search(ERRORS, line)) for line in wrong)
    found["other lines in them"] = len(wrong) - found["errors in the servers' logs"]
    print(*wrong[:20], sep="\n", file=sys.stderr)
    print(*(f"{what:42} {shown(figure)}" for what, figure in found.items()), sep="\n")
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps({"machine": about, "class": found}, indent=1) + "\n")


def fit(model: str | None) -> None:
    """Fit the models that are not in the store, or only one of them."""
    which = ["--model", model] if model else ["--all"]
    subprocess.run(
        [sys.executable, "-m", "recsys", "train", *which, "--data", "bundled"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def parse() -> argparse.Namespace:
    """The arguments of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--over", type=float, default=60, help="seconds in which they arrive")
    parser.add_argument("--browsers", type=int, default=2, help="how many of them are Chromium's")
    parser.add_argument("--servers", type=int, default=1)
    parser.add_argument("--kill", action="store_true", help="kill the first server halfway")
    parser.add_argument("--same-training", action="store_true")
    parser.add_argument("--slider", choices=LIVE, help="move a slider of this model instead")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    given.browsers = 0 if given.slider else given.browsers
    return given


@contextmanager
def dashboard(log: Path) -> Iterator[Kind]:
    """Serve the dashboard, and wait until its kernels are ready."""
    command = [sys.executable, "-m", "recsys", "serve", "--no-browser", "--port={port}"]
    pool = preheated_by_default()
    with log.open("w") as output, served("ours", command, ROOT, pool, output) as kind:
        wait_for_pool(kind)
        yield kind


def shown(figure: Any) -> str:
    """A figure as text."""
    return f"{figure:.2f}" if isinstance(figure, float) else str(figure)


def play(given: argparse.Namespace, url: str, servers: list[Kind]) -> dict[str, Any]:
    """Simulate the class; returns the figures by name."""
    every = max(1, given.visitors // max(1, given.browsers))
    visits = [
        Visit(i, browser=given.browsers > 0 and i % every == every // 2)
        for i in range(given.visitors)
    ]
    together = threading.Barrier(given.visitors, timeout=600) if given.same_training else None
    threads = [
        threading.Thread(
            target=attend,
            args=(one, url, i * given.over / given.visitors, together, given.slider),
        )
        for i, one in enumerate(visits)
    ]
    killed: set[str] = set()
    with Watch(servers) as watch:
        for thread in threads:
            thread.start()
        if given.kill:
            time.sleep(given.over / 2)
            victim = servers[0].server
            assert victim is not None
            killed = {one for one in map(kernel_id, victim.children(recursive=True)) if one}
            victim.kill()
        for thread in threads:
            thread.join()
    left = wait_until_gone(servers, killed)
    stuck = [one for one in visits if one.trouble]
    for one in stuck:
        print(f"visitor {one.number}: {one.trouble}", file=sys.stderr)
    complete = [one.complete for one in visits if one.complete is not None]
    switches = [seconds for one in visits for seconds in one.switches]
    moves = [seconds for one in visits for seconds in one.moves]
    if not switches and not moves:
        sys.exit("Nobody got as far as choosing a model.")
    found: dict[str, Any] = {
        "visitors": len(visits),
        "of them in Chromium": sum(one.browser for one in visits),
        "servers": len(servers),
        "pages complete": len(complete),
        "visitors stuck or with an error": len(stuck),
        "page complete, s, median": statistics.median(complete),
        "page complete, s, p95": p95(complete),
        "visits whose connection was lost": sum(one.lost for one in visits),
    }
    if moves:
        found |= {
            "slider": f"{LIVE[given.slider][0]} of {given.slider}",
            **spread("list after a move", moves),
            **spread("added course", [seconds for one in visits for seconds in one.clicks]),
            f"waits above {TOLD} s that were not told": sum(one.untold for one in visits),
            "fits in processes at once, most": watch.most_fits,
        }
    else:
        found |= {"model switches": len(switches), **spread("model switch", switches)}
    for index in range(MODELS):
        of_one = [one.switches[index] for one in visits if len(one.switches) > index]
        if of_one:
            found[f"  to model {(index + 1) % MODELS + 1}, s, p95"] = p95(of_one)
    in_browser = [seconds for one in visits if one.browser for seconds in one.switches]
    if in_browser:
        found["in Chromium: model switch, s, p95"] = p95(in_browser)
    if given.kill:
        disturbed = [one for one in visits if one.lost and killed.isdisjoint(one.kernels)]
        found["of them on the server that lives"] = len(disturbed)
    if given.same_training:
        waited = [one.trained for one in visits if one.trained is not None]
        found["trainings that ran"] = len(watch.trainings)
        found["visitors who got the result"] = len(waited)
        found["from Train to the list, s, longest"] = max(waited, default=0.0)
    return found | watch.figures(len(visits)) | {"kernels left after two minutes": left}


def spread(what: str, seconds: list[float]) -> dict[str, float]:
    """The median, the 95th percentile and the longest of some times, by name."""
    return {
        f"{what}, s, median": statistics.median(seconds),
        f"{what}, s, p95": p95(seconds),
        f"{what}, s, longest": max(seconds),
    }


def p95(figures: list[float]) -> float:
    """The 95th percentile, by the nearest rank."""
    return sorted(figures)[math.ceil(0.95 * len(figures)) - 1]


def wait_until_gone(servers: list[Kind], killed: set[str]) -> int:
    """How many kernels are there two minutes after the last visitor has left, beside those that
    wait for the next; earlier if there is none.
    """
    until = time.monotonic() + GONE_WITHIN
    while True:
        orphans = [one for one in psutil.process_iter() if kernel_id(one) in killed]
        left = len(orphans) + sum(
            max(0, len(kernels(one)) - one.pool) for one in servers if alive(one)
        )
        if not left or time.monotonic() > until:
            return left
        time.sleep(1)


def alive(server: Kind) -> bool:
    """Whether a server is running."""
    process = server.server
    return process is not None and process.is_running() and process.status() != "zombie"


class Watch:
    """Memory, processor time and trainings of the servers and all that they start, and of this
    program's own browsers, looked at every second.
    """

    def __init__(self, servers: list[Kind]) -> None:
        self._servers = [one.server for one in servers if one.server]
        self._over = threading.Event()
        self._threads = [threading.Thread(target=one) for one in (self._run, self._count_fits)]
        self._seconds: dict[str, dict[int, float]] = {"servers": {}, "kernels": {}, "browsers": {}}
        self._peak = {"memory": 0.0, "kernels": 0.0, "processes": 0.0}
        self._each: list[float] = []
        self.trainings: set[int] = set()
        self.most_fits = 0

    def __enter__(self) -> Watch:
        self._started = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._took = time.monotonic() - self._started

    def figures(self, visitors: int) -> dict[str, Any]:
        busy = {what: sum(each.values()) for what, each in self._seconds.items()}
        busy["this program"] = sum(psutil.Process().cpu_times()[:2])
        all_ = self._took * (os.cpu_count() or 1)
        return {
            "seconds in all": self._took,
            "servers and kernels, MB, peak": self._peak["memory"],
            "a visitor's kernel, MB, median": statistics.median(self._each or [0.0]),
            "kernels, most": int(self._peak["kernels"]),
            "processes of the servers, most": int(self._peak["processes"]),
            **{f"share of all cores, {what}": used / all_ for what, used in busy.items()},
            "processor seconds a visitor, server": busy["servers"] / visitors,
            "processor seconds a visitor, kernel": busy["kernels"] / visitors,
        }

    def _run(self) -> None:
        while not self._over.wait(1):
            self._look()

    def _count_fits(self) -> None:
        """Count the children of the servers' warm processes, often, since a fit is short."""
        warm: list[int] = []
        while not self._over.wait(0.05):
            with suppress(psutil.Error, OSError):
                if len(warm) < len(self._servers):
                    started = [one for server in self._servers for one in server.children()]
                    warm = [one.pid for one in started if "recsys.jobs.warm" in one.cmdline()]
                # psutil would look at every process of the machine.
                forks = [Path(f"/proc/{one}/task/{one}/children").read_text() for one in warm]
                fits = sum(not_ended(child) for one in forks for child in one.split())
                self.most_fits = max(self.most_fits, fits)

    def _look(self) -> None:
        memory, working, processes = 0.0, 0, 0
        ours = set()
        for server in self._servers:
            with suppress(psutil.Error, OSError):
                for one in [server, *server.children(recursive=True)]:
                    ours.add(one.pid)
                    with suppress(psutil.Error, OSError):
                        memory += self._add(one, "servers" if one == server else "kernels")
                        working += bool(kernel_id(one))
                        processes += 1
                        if "recsys.jobs.worker" in one.cmdline():
                            self.trainings.add(one.pid)
        for one in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                if one.pid not in ours and "chrom" in one.name():
                    self._seconds["browsers"][one.pid] = sum(one.cpu_times()[:2])
        now = {"memory": memory, "kernels": working, "processes": processes}
        self._peak = {what: max(figure, now[what]) for what, figure in self._peak.items()}

    def _add(self, one: psutil.Process, kind: str) -> float:
        """Note a process' time; returns its memory."""
        self._seconds[kind][one.pid] = sum(one.cpu_times()[:2])
        megabytes = proportional(one)
        if kernel_id(one):
            self._each.append(megabytes)
        return megabytes


def not_ended(process: str) -> bool:
    """Whether a process runs: one that has ended remains until its parent has noticed."""
    with suppress(OSError):
        return ") Z" not in Path(f"/proc/{process}/stat").read_text()
    return False


# Visitors


def attend(
    visit: Visit, url: str, arrival: float, together: threading.Barrier | None, slider: str | None
) -> None:
    """Simulate one visitor, who opens the page again after a lost connection."""
    chance = random.Random(visit.number)
    time.sleep(arrival)
    come = in_chromium if visit.browser else partial(by_wire, slider=slider)
    try:
        for _ in range(3):
            try:
                come(visit, url, lambda: time.sleep(chance.uniform(*THINKING)), together)
                return
            except (ConnectionError, WebSocketException):
                visit.lost += 1
        visit.trouble = "lost the connection again and again"
    except Exception as problem:  # any error is reported as this visitor's
        if together:
            together.abort()  # so that the others do not wait for this one
        visit.trouble = f"{type(problem).__name__}: {problem}"


class WirePage:
    """The widgets of a page, and what a visitor does with them, without a browser."""

    def __init__(self, wire: Wire, html: str) -> None:
        self.wire = wire
        said = re.search(r'<script id="widget-states"[^>]*>(.*?)</script>', html, re.DOTALL)
        assert said, "the page came without its widgets"
        self.states: dict[str, dict[str, Any]] = json.loads(said[1])

    def send(self, comm: str, data: dict[str, Any]) -> str:
        """Send a widget a message; returns its id."""
        return self.wire.send("comm_msg", {"comm_id": comm, "data": data})

    def ask(self, comm: str, data: dict[str, Any]) -> None:
        """Send a widget a message, and wait until the kernel has sent all that follows."""
        name = self.send(comm, data)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            message = self.hear()
            if message["parent_header"].get("msg_id") == name and (
                message["content"].get("execution_state") == "idle"
            ):
                return
        raise TimeoutError(f"no answer within {PATIENCE:.0f} s")

    def hear(self) -> dict[str, Any]:
        """Receive the next message, and update the states of widgets."""
        raw = self.wire.socket.recv()
        if isinstance(
            raw, bytes
        ):  # with binary parts: their number, offsets, the message, the parts
            first, second = struct.unpack_from("!II", raw, 4)
            raw = raw[first:second].decode()
        message: dict[str, Any] = json.loads(raw)
        kind, content = message["header"]["msg_type"], message["content"]
        harmless = "No such comm" in content.get("text", "")  # said when `control` is opened
        if kind == "error" or (content.get("name") == "stderr" and not harmless):
            raise RuntimeError(f"the kernel says: {content}")
        data = content.get("data", {})
        if kind == "comm_open":
            self.states[content["comm_id"]] = data.get("state", {})
        elif kind == "comm_msg" and data.get("method") == "update":
            self.states.setdefault(content["comm_id"], {}).update(data["state"])
        return message

    def find(self, model: str, **wanted: Any) -> str:
        """The id of a widget by its kind, and by its description or its class."""
        for name, state in self.states.items():
            if state.get("_model_name") == f"{model}Model" and all(
                value in state.get(key, ()) if key == "_dom_classes" else state.get(key) == value
                for key, value in wanted.items()
            ):
                return name
        raise LookupError(f"there is no {model} with {wanted}")

    def press(self, button: str) -> None:
        self.ask(button, CLICK)

    def set(self, widget: str, **state: Any) -> None:
        self.ask(widget, {"method": "update", "state": state, "buffer_paths": []})
        self.states[widget].update(state)

    def hear_until(self, moment: float, enough: Callable[[], bool] = lambda: False) -> None:
        """Receive what comes until a moment, a value of `time.monotonic`, or until it is enough."""
        socket = self.wire.socket
        usual = socket.gettimeout()
        while not enough() and (left := moment - time.monotonic()) > 0:
            socket.settimeout(left)  # a ping makes it readable too, and is no message
            with suppress(WebSocketTimeoutException):
                self.hear()
        socket.settimeout(usual)

    def shown_in(self, name: str) -> str:
        return str(self.states[self.find("HTML", _dom_classes=f"recsys-{name}")]["value"])

    def picks(self) -> list[str]:
        """The lines of the picked courses."""
        found: list[str] = self.states[self.find("Box", _dom_classes="recsys-chips")]["children"]
        return found

    def waits(self) -> bool:
        """Whether the page shows that the list is about to change."""
        panel = self.states[self.find("VBox", _dom_classes="recsys-recommendations")]
        return "recsys-updating" in panel["_dom_classes"]


def by_wire(
    visit: Visit,
    url: str,
    think: Callable[[], None],
    together: threading.Barrier | None,
    slider: str | None,
) -> None:
    """Simulate one visit without a browser."""
    started = time.monotonic()
    status, headers, html = ask(url, "/")
    if status != 200:
        raise RuntimeError(f"the page has status {status}: {html[:300]}")
    sticky = {"Cookie": headers.get("set-cookie", "").split(";")[0]}
    kernel = kernel_of(html)
    visit.kernels.append(kernel[:8])
    needed = re.sub(r"<template.*?</template>", "", html, flags=re.DOTALL)  # for other notebooks
    for script in re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css)[^"]*)"', needed):
        ask(url, script, **sticky)
    with wired(url, kernel, **sticky) as wire:
        page = WirePage(wire, html)
        if "recommended" not in page.shown_in("table"):
            raise RuntimeError("the page came without recommendations")
        visit.complete = time.monotonic() - started
        wire.ask_for_all()  # as the page does when it has been up for a second
        told = page.find("Text", _dom_classes="recsys-page")
        page.set(told, value="why=&present=0")  # no row is open, so none is explained
        think()
        page.set(page.find("SelectMultiple", _dom_classes="recsys-list"), index=[0, 1])
        page.press(page.find("Button", description="Add"))
        choices = [page.find("ToggleButton", tooltip=one.name) for one in registry()]
        if slider:
            page.set(choices[[one.key() for one in registry()].index(slider)], value=True)
            think()
            move_slider(visit, page, *LIVE[slider])
        while not slider and len(visit.switches) < MODELS:
            think()
            index = (
                len(visit.switches) + 1
            ) % MODELS  # the first model, which is shown already, comes last
            if page.states[choices[index]]["value"]:  # on a page that was opened again
                page.set(choices[1], value=True)
            before = page.shown_in("table")
            start = time.monotonic()
            page.set(choices[index], value=True)
            visit.switches.append(time.monotonic() - start)
            if page.shown_in("table") == before or page.shown_in("outdated"):
                raise RuntimeError(f"model {index + 1} did not answer")
        if together:
            train_by_wire(visit, page, choices[TRAINED], together)
        think()
    if visit.number % SILENT:
        leave(url, kernel, sticky["Cookie"])


def move_slider(visit: Visit, page: WirePage, label: str, highest: int) -> None:
    """Move a slider again and again; soon after each move, add a course."""
    chance = random.Random(-visit.number)
    slider = page.find("IntSlider", description=label)
    add = page.find("Button", description="Add")
    courses = page.find("SelectMultiple", _dom_classes="recsys-list")
    due = time.monotonic() + chance.uniform(0, EVERY)
    while len(visit.moves) < MOVES:
        page.set(courses, index=[0])
        page.hear_until(due)
        values = [one for one in range(1, highest + 1) if one != page.states[slider]["value"]]
        heading, start = page.shown_in("heading"), time.monotonic()

        def answered(before: str = heading) -> bool:
            if page.shown_in("outdated"):
                raise RuntimeError(f"not live: {page.shown_in('outdated')}")
            return page.shown_in("heading") != before

        page.set(slider, value=chance.choice(values))
        page.hear_until(start + TOLD, answered)
        told, soon, took = page.waits(), answered(), time.monotonic() - start
        page.hear_until(start + TOLD)
        picks, pressed = page.picks(), time.monotonic()
        page.send(add, CLICK)
        page.hear_until(pressed + PATIENCE, lambda before=picks: page.picks() != before)
        visit.clicks.append(time.monotonic() - pressed)
        if not soon:
            page.hear_until(start + PATIENCE, answered)
            took = time.monotonic() - start
        visit.moves.append(took)
        visit.untold += not (soon or told)
        due += EVERY


def train_by_wire(visit: Visit, page: WirePage, choice: str, together: threading.Barrier) -> None:
    """Train the same model as all others, at the same time."""
    page.set(choice, value=True)
    page.set(page.find("IntSlider", description=SLIDER), value=NEW)
    if not page.shown_in("outdated"):
        raise RuntimeError("the model with new settings was there already")
    together.wait()
    start = time.monotonic()
    page.press(page.find("Button", _dom_classes="recsys-train"))
    while page.shown_in("outdated"):
        page.hear()
    visit.trained = time.monotonic() - start


def in_chromium(
    visit: Visit,
    url: str,
    think: Callable[[], None],
    together: threading.Barrier | None,
) -> None:
    """Simulate one visit in Chromium."""
    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=os.environ.get("CHROME_PATH", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(PATIENCE * 1000)
        started = time.monotonic()
        page.goto(url)
        app = complete(visit, page)
        visit.complete = time.monotonic() - started
        app.button("Dismiss the questions").click()
        think()
        app.pick(2)
        while len(visit.switches) < MODELS:
            think()
            took = page.evaluate(SWITCH, (len(visit.switches) + 1) % MODELS)
            if took is not None:
                visit.switches.append(took / 1000)
                continue
            visit.lost += 1
            app.button("Open it again").click()
            complete(visit, page)
        if together:
            train_in_chromium(visit, app, together)
        think()
        page.goto("about:blank")
        browser.close()


# Milliseconds from choosing a model until its list is on the screen; null if the page is lost.
SWITCH = """async (index) => {
  const table = document.querySelector(".recsys-table");
  const before = table.innerHTML;
  const choice = document.querySelectorAll(".recsys-choose-model button")[index];
  const start = performance.now();
  choice.click();
  while (table.innerHTML === before) {
    if (document.querySelector(".recsys-bar button")) return null;
    if (performance.now() - start > PATIENCE) throw new Error(`model ${index + 1} did not answer`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await new Promise((resolve) => requestAnimationFrame(resolve));
  return performance.now() - start;
}""".replace("PATIENCE", str(PATIENCE * 1000))


def complete(visit: Visit, page: Page) -> Dashboard:
    """Wait until the page is complete."""
    app = Dashboard(page)
    expect(page.locator("#loading")).to_have_count(0)
    expect(app.charts.first).to_be_visible()
    config = page.locator("#jupyter-config-data").text_content() or "{}"
    visit.kernels.append(json.loads(config)["kernelId"][:8])
    return app


def train_in_chromium(visit: Visit, app: Dashboard, together: threading.Barrier) -> None:
    """Train the same model as all others, at the same time."""
    app.models.nth(TRAINED).click()
    value = app.page.get_by_role("textbox", name=f"{SLIDER}: value")
    value.fill(str(NEW))
    value.press("Enter")
    expect(app.advice).not_to_have_text("")
    together.wait()
    start = time.monotonic()
    app.train.click()
    expect(app.advice).to_have_text("")
    visit.trained = time.monotonic() - start


if __name__ == "__main__":
    main()
