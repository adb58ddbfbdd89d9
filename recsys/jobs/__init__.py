"""Long work in the background: training, evaluation, the comparison of cluster counts.

A `Job` runs on a thread of the session's process and reports events. It waits in the `JobQueue` for
a slot, and then runs a `Child`: one process, whose program is `worker`. A class of a notebook is
fitted on the thread itself, since no other process knows it. Each of `training`, `standings` and
`cluster_counts` has a job, and the function `work` that the worker calls. Must not know widgets,
nor who asks.
"""
