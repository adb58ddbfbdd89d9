"""Long work in child processes: training, evaluation, the comparison of cluster counts.

`worker` is what runs in the child, `queue` says how many may run at once, and the others each
know one kind of work. Nothing here knows widgets, or who asks.
"""
