"""What the server gives to somebody who does not use the page as it is meant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import websocket
from serving import ROOT, Server, served
from visits import ask, kernel_of, leave, wired

SECRET = "a-word-nobody-guesses"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("server")) as one:
        yield one


@pytest.fixture(scope="module")
def page(server: Server) -> str:
    status, _, content = ask(server.url, "/")
    assert status == 200
    return content


OUTSIDE = [
    "files/dashboard.ipynb", "voila/files/dashboard.ipynb", "voila/files/notebooks/05_neural.ipynb",
    "voila/files/recsys/storage/store.py", "voila/files/.git/config", "voila/files/voila.json",
    "voila/files/../voila.json", "voila/files/%2e%2e/etc/passwd", "voila/files//etc/passwd",
    "voila/files/..%2f..%2f..%2f..%2f..%2fetc/passwd", "voila/files/dashboard.ipynb%00.png",
    "dashboard.ipynb", "voila/render/notebooks/05_neural.ipynb", "voila/tree", "tree", "lab",
    "notebooks/dashboard.ipynb", "edit/recsys/storage/store.py", "api/contents",
    "api/contents/dashboard.ipynb", "voila/api/contents", "api/kernels", "api/sessions",
    "api/terminals", "api/kernelspecs", "api/config/x", "api/status", "api/nbconvert",
    "terminals/1", "metrics", "static/../voila.json", "static/%2e%2e/voila.json",
    "voila/static/../../../../../etc/passwd", "voila/static/..%2f..%2f..%2fvoila.json",
    "voila/static//etc/passwd", "voila/templates/../static/index.html",
    "voila/templates/recsys/static/../../../../../voila.json",
    "voila/templates/..%2f..%2f..%2f..%2fdata/static/bundled/courses.csv",
    "voila/templates/recsys/index.html.j2", "voila/templates/recsys/conf.json",
    "voila/templates/", "voila/templates/recsys/", "voila/templates/recsys/static",
    "voila/templates/recsys/static/", "voila/templates/static/x", "voila/templates/recsys/page.js",
    "voila/labextensions/../../../voila.json", "voila/labextensions/%2e%2e/%2e%2e/etc/passwd",
    "voila/api/themes/../../voila.json", "voila/api/themes/%2e%2e%2f%2e%2e%2fvoila.json",
]  # fmt: skip


def test_nothing_but_the_page_is_served(server: Server) -> None:
    for path in OUTSIDE:
        status, headers, content = ask(server.url, f"/{path}")
        if status in (301, 302):
            status, headers, content = ask(server.url, headers["location"])
        assert 400 <= status < 500, f"{path} is answered with {status}"
        for private in ('"nbformat"', "root:x:0:0", '"VoilaConfiguration"', "def save(", "[core]"):
            assert private not in content, path
    assert "Traceback" not in server.log.read_text()


def test_the_page_holds_no_source_of_the_notebook(page: str) -> None:
    notebook = json.loads((ROOT / "dashboard.ipynb").read_text("utf-8"))
    lines = [
        line.strip()
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
        for line in cell["source"]
        if len(line.strip()) > 12
    ]
    assert lines
    assert [line for line in lines if line in page] == []
    assert str(ROOT) not in page


def test_the_page_says_what_it_may_do(server: Server) -> None:
    for path in ("/", "/nothing"):
        _, headers, _ = ask(server.url, path)
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy  # nothing is loaded from, nor sent to, elsewhere
        assert "frame-ancestors 'self'" in policy
        assert "object-src 'none'" in policy
        assert "script-src 'self' 'unsafe-inline';" in policy, "and no blob: for the dashboard"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"  # links hold what a visitor has picked


def test_a_browser_keeps_plotly_and_nothing_that_changes(server: Server, page: str) -> None:
    """Plotly's files have a hash in their names; the page itself is another for every visitor."""
    [entry] = re.findall(r'src="(/voila/labextensions/jupyterlab-plotly/[^"]+)"', page)
    assert "immutable" in ask(server.url, entry)[1]["cache-control"]
    assert "no-store" in ask(server.url, "/")[1]["cache-control"]
    plugins = "/voila/labextensions/recsys/static/plugins.js"  # whose name stays when it changes
    assert "no-cache" in ask(server.url, plugins)[1]["cache-control"]


def test_the_kernel_executes_nothing_that_a_visitor_sends(
    server: Server, page: str, tmp_path: Path
) -> None:
    """On whatever channel: the messages are left aside, and what follows them is answered."""
    proof = tmp_path / "proof"
    code = f"open({str(proof)!r}, 'w')"
    kinds = {
        "execute_request": {"code": code, "silent": False, "user_expressions": {"x": code}},
        "inspect_request": {"code": "get_ipython", "cursor_pos": 3, "detail_level": 1},
        "complete_request": {"code": "import ", "cursor_pos": 7},
        "history_request": {"hist_access_type": "tail", "n": 9, "output": True, "raw": True},
        "debug_request": {"command": "evaluate", "arguments": {"expression": code}},
        "usage_request": {},
        "create_subshell_request": {},
    }
    with wired(server.url, kernel_of(page)) as wire:
        for channel in ("shell", "control"):
            for kind, content in kinds.items():
                wire.send(kind, content, channel)
            wire.reply(wire.send("kernel_info_request", {}, channel))
        wire.send("input_reply", {"value": code}, "stdin")
        wire.send("execute_request", kinds["execute_request"], "iopub")
        wire.reply(wire.send("kernel_info_request", {}))
    forbidden = {kind.replace("_request", "_reply") for kind in kinds}
    assert not wire.kinds() & forbidden
    assert not proof.exists()


def test_a_visitor_cannot_make_objects_in_the_kernel(server: Server, page: str) -> None:
    """A forged message opens no channel to anything but widgets, and only to what is a widget."""
    with wired(server.url, kernel_of(page)) as wire:
        for target, data in (
            ("os.system", {"command": "id"}),
            ("jupyter.widget", {"state": {"_model_module": "os", "_model_name": "system"}}),
        ):
            content = {"comm_id": f"forged-{target}", "target_name": target, "data": data}
            wire.send("comm_open", content)
        reply = wire.reply(wire.send("comm_info_request", {}))
        assert not [name for name in reply["content"]["comms"] if name.startswith("forged")]


def test_another_visitors_kernel_is_not_listed(server: Server, page: str) -> None:
    """Its id, 122 random bits, is the only way to it, and only its own page holds that."""
    other = kernel_of(ask(server.url, "/")[2])
    mine = kernel_of(page)
    assert other != mine
    assert other not in page
    with wired(server.url, mine) as wire:
        wire.reply(wire.send("comm_info_request", {}))
        assert other not in json.dumps(wire.heard)
    guessed = "00000000-0000-4000-8000-000000000000"
    assert ask(server.url, f"/api/kernels/{guessed}")[0] == 404
    with pytest.raises(websocket.WebSocketException), wired(server.url, guessed):
        pass
    assert leave(server.url, other) == 204


def test_another_website_gets_no_connection(server: Server, page: str) -> None:
    assert ask(server.url, f"/voila/api/shutdown/{kernel_of(page)}", "POST")[0] == 403
    assert ask(server.url, f"/api/kernels/{kernel_of(page)}", "DELETE")[0] == 403
    with (
        pytest.raises(websocket.WebSocketBadStatusException, match="403"),
        wired(server.url, kernel_of(page), Origin="http://elsewhere.example"),
    ):
        pass


@pytest.mark.parametrize(
    "name", ["elsewhere.example", "elsewhere.example:80", "10.0.0.1", "localhost.example"]
)
def test_a_website_that_takes_this_machines_address_is_refused(
    server: Server, page: str, name: str
) -> None:
    """To the browser such a website is where it was, and may read and send all that it likes."""
    earlier = len(server.log.read_text())
    for path in ("/", f"/api/kernels/{kernel_of(page)}"):
        status, _, content = ask(server.url, path, Host=name)
        assert status == 403, path
        assert "kernelId" not in content
    with (
        pytest.raises(websocket.WebSocketBadStatusException, match="403"),
        wired(server.url, kernel_of(page), Host=name, Origin=f"http://{name}"),
    ):
        pass
    assert "Traceback" not in server.log.read_text()[earlier:]


def test_this_machines_own_name_will_do(server: Server) -> None:
    status, _, page = ask(server.url, "/", Host="localhost:8866")
    assert status == 200
    assert leave(server.url, kernel_of(page)) == 204


def test_behind_a_proxy_any_name_will_do(tmp_path: Path) -> None:
    with served(tmp_path, "--behind-proxy") as server:
        name = "dashboard.example"
        status, _, page = ask(server.url, "/", Host=name)
        assert status == 200
        with wired(server.url, kernel_of(page), Host=name, Origin=f"http://{name}") as wire:
            wire.reply(wire.send("kernel_info_request", {}))


def test_it_listens_on_this_machine_alone(server: Server) -> None:
    sockets = psutil.Process(server.pid).net_connections("tcp")
    assert {one.laddr.ip for one in sockets if one.status == psutil.CONN_LISTEN} == {"127.0.0.1"}


def test_with_a_token_only_who_knows_it_is_let_in(tmp_path: Path) -> None:
    with served(tmp_path, "--token", SECRET) as server:
        for path in ("/", "/?token=wrong", "/?token="):
            status, headers, content = ask(server.url, path)
            assert status in (302, 403), path
            assert "/login" in headers.get("location", "/login")
            assert "kernelId" not in content
        status, headers, page = ask(server.url, f"/?token={SECRET}")
        assert status == 200
        kernel = kernel_of(page)
        assert ask(server.url, f"/api/kernels/{kernel}")[0] == 403
        with pytest.raises(websocket.WebSocketBadStatusException), wired(server.url, kernel):
            pass
        with wired(server.url, kernel, Authorization=f"token {SECRET}") as wire:
            wire.reply(wire.send("kernel_info_request", {}))
        assert SECRET not in page
        told, *rest = server.log.read_text().splitlines()
        assert told.startswith("The dashboard is at http://localhost:")
        assert SECRET not in "\n".join(rest), "the log is shown to others"
        assert SECRET not in " ".join(
            " ".join(one.cmdline()) for one in psutil.Process(server.pid).children(recursive=True)
        )


def test_the_log_holds_nothing_of_a_visit(server: Server) -> None:
    assert ask(server.url, "/?courses=PY0101EN&user=somebody")[0] == 200
    assert "somebody" not in server.log.read_text()
