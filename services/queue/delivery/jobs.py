"""The jobs that hand mails to the mail server."""

from datetime import timedelta
from functools import partial

from services.queue.delivery import send
from services.queue.mail_out.store import WORK
from shared import jobs
from shared.work.run import run_due, run_one

RUN = timedelta(seconds=30)
"""No mail is begun after this: the last one may take WORK.longest, and a job ends after a minute."""


@jobs.job(pool="mail")
def send_mail(mail_id: str) -> None:
    """Hand one mail to the mail server."""
    context = jobs.context()
    run_one(context.db, WORK, mail_id, partial(send.send_mail, context))


@jobs.job(pool="mail", every_s=5)
def sweep_mails() -> None:
    """Try the mails that are due."""
    context = jobs.context()
    run_due(context.db, WORK, partial(send.send_mail, context), lasts=RUN)
