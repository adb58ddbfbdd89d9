"""JupyterHub for a class: every user gets a server, which opens the dashboard.

    jupyterhub --config /srv/recsys/deploy/jupyterhub_config.py

Copy it, and choose who may log in. With named servers a user can have a second server, such as one
for JupyterLab with the lessons. docs/jupyterhub.md says how to install it.
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

# PAM: everyone who has an account on this machine. For other methods see "authenticators" in the
# documentation of JupyterHub.
c.Authenticator.allow_all = True

c.Spawner.cmd = [str(HERE / ".venv" / "bin" / "jupyterhub-singleuser")]
c.Spawner.notebook_dir = str(HERE)  # where dashboard.ipynb is; users may not write there
c.Spawner.default_url = "/voila/render/dashboard.ipynb"
c.Spawner.environment = {
    "JUPYTER_CONFIG_PATH": str(HERE),  # jupyter_config.json: how Voilà shows the page
    "RECSYS_STORE": STORE,  # writable by all users, who share the fitted models
    "OMP_NUM_THREADS": "1",
}
c.Spawner.http_timeout = 60

# See docs/capacity.md. Only some spawners enforce it (systemd, Docker, Kubernetes).
c.Spawner.mem_limit = "2G"
