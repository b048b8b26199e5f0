"""What the queue does for the business, a file for each verb.

`f(session, …)` runs inside the caller's transaction, without network or commit; `f(context, …)` owns its steps.
"""
