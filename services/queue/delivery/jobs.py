"""The jobs that hand mails to the mail server."""

from services.queue.delivery import send
from shared import jobs


@jobs.job(pool="mail")
def send_mail(mail_id: str) -> None:
    """Hand one mail to the mail server."""
    send.send_mail(jobs.context(), mail_id)


@jobs.job(pool="mail", every_s=5)
def sweep_mails() -> None:
    """Try the mails that are due."""
    send.sweep_mails(jobs.context())
