"""Several servers behind one nginx, as deploy/nginx.conf sets it up."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CONFIGURATION = Path(__file__).resolve().parents[1] / "deploy" / "nginx.conf"
AROUND = """\
{user}daemon off;
pid {folder}/pid;
error_log {log};
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/recsys.conf;
}}
"""


@contextmanager
def balanced(folder: Path, log: Path, *ports: int) -> Iterator[str]:
    """Yields the address of nginx before the servers at these ports of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        own = probe.getsockname()[1]
    text = CONFIGURATION.read_text().replace("listen 8080", f"listen 127.0.0.1:{own}")
    first, *others = re.findall(r".*server 127\.0\.0\.1:\d+ .*\n", text)
    for other in others:
        text = text.replace(other, "")
    servers = (re.sub(r"(127\.0\.0\.1:)\d+", rf"\g<1>{port}", first) for port in ports)
    (folder / "recsys.conf").write_text(text.replace(first, "".join(servers)))
    user = "user root;\n" if os.geteuid() == 0 else ""  # the folder may be closed to others
    (folder / "nginx.conf").write_text(AROUND.format(user=user, folder=folder, log=log))
    process = subprocess.Popen(
        ["nginx", "-e", str(log), "-c", str(folder / "nginx.conf")],
        env={**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin"},
    )
    try:
        while process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", own), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        assert process.poll() is None, log.read_text()
        yield f"http://127.0.0.1:{own}/"
    finally:
        process.terminate()
        process.wait(30)
