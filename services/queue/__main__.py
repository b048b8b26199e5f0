"""The processes of the queue, and what an operator may say: `python -m services.queue <process>`."""

from services.queue import app
from shared import processes

PROCESSES = {
    "web": app.run_web,
    "worker": app.run_worker,
    "migrate": app.run_migrate,
}
COMMANDS = {"work": app.run_work, "sessions": app.run_sessions, "api-key": app.run_api_key}
"""Said by an operator; nothing starts them by itself."""

if __name__ == "__main__":
    processes.run("queue", PROCESSES | COMMANDS)
