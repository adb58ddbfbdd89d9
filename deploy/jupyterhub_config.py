"""JupyterHub for a class: whoever logs in gets a server of their own, which opens the dashboard.

    jupyterhub --config /srv/recsys/deploy/jupyterhub_config.py

Copy it, and choose who may log in. With named servers a user can have a second one beside it, such
as one for JupyterLab, where the lessons are. docs/jupyterhub.md says how the pieces are installed.
"""

import os
from pathlib import Path

c = get_config()  # noqa: F821

HERE = Path(os.environ.get("RECSYS_HOME", "/srv/recsys"))
STORE = os.environ.get("RECSYS_STORE", "/srv/recsys-models")

c.JupyterHub.bind_url = os.environ.get("RECSYS_HUB", "http://127.0.0.1:8000")  # behind HTTPS
c.JupyterHub.allow_named_servers = True
c.JupyterHub.named_server_limit_per_user = 1
c.JupyterHub.concurrent_spawn_limit = 2 * (os.cpu_count() or 1)  # a whole class arrives at once

# PAM: whoever has an account here. For others see "authenticators" in the documentation of
# JupyterHub.
c.Authenticator.allow_all = True

c.Spawner.cmd = [str(HERE / ".venv" / "bin" / "jupyterhub-singleuser")]
c.Spawner.notebook_dir = str(HERE)  # where dashboard.ipynb is; users may not write there
c.Spawner.default_url = "/voila/render/dashboard.ipynb"
c.Spawner.environment = {
    "JUPYTER_CONFIG_PATH": str(HERE),  # jupyter_config.json: how Voilà shows the page
    "RECSYS_STORE": STORE,  # writable by all users: what one trains, all have
    "OMP_NUM_THREADS": "1",
}
c.Spawner.http_timeout = 60

# docs/capacity.md has the arithmetic. Spawners that can (systemd, Docker, Kubernetes) hold it.
c.Spawner.mem_limit = "2G"
