"""Pending work: the one way in which anything that waits is claimed, tried, put off, parked and released again.

A row that stands for work (an event to deliver, a webhook to handle, a mail to send, an order without outcome) carries
`work_columns()`. Its table's WorkKind claims it, and what is promised is this:

- One worker at a time. A claim is one statement, lasts longer than the work may take, and is measured by the database's
  clock alone; whoever dies with a claim leaves the row to the next run.
- Counted before it is tried, as the worst: what ends its worker (or is cut off for taking too long) has paid for it
  already, and is parked after a few tries, before it takes the next worker along. A milder outcome gives the rest back.
- One item's trouble stays its own: others go on in the same run, after it.
- An outage says nothing about an item. An attempt that the other side could not serve is excused, unless another item
  was served in the same run or the item has waited for PATIENCE already.
- Parked is not lost: an operator sees it with its last error, and releases it.
"""
