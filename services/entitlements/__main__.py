"""The processes of entitlements: `python -m services.entitlements <process>`."""

from services.entitlements import app
from shared import processes

PROCESSES = {
    "web": app.run_web,
    "worker": app.run_worker,
    "migrate": app.run_migrate,
    "work": app.run_work,
}

if __name__ == "__main__":
    processes.run("entitlements", PROCESSES)
