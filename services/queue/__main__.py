"""The processes of the queue: `python -m services.queue <process>`."""

from services.queue import app
from shared import processes

PROCESSES = {
    "web": app.run_web,
    "worker": app.run_worker,
    "migrate": app.run_migrate,
}

if __name__ == "__main__":
    processes.run("queue", PROCESSES)
