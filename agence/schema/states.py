"""The states of a task, from the bottom to the top of the order in which they merge.

What was written at the same time is settled by this order: done is at the top, so no merge reopens
what is done, and not begun is at the bottom. Whoever has seen a state may replace it by any other.
"""

ORDER = ("+", "!", "#", "_", "?", "~", "%", "$", "&", "-")
