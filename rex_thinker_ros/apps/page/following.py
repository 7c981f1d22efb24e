"""Work on another thread, and the views that it shows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

from rex_thinker_ros.apps.page.view import View

Show = Callable[[View], None]
"""Take the newest view; quick, since it is called for every token on the models' thread."""

_PERIOD = 0.15  # seconds between two views: tokens come faster than a browser can draw


def follow(work: Callable[[Show], None]) -> Iterator[View]:
    """Start `work`, and yield the newest of the views that it shows, in any case the last.

    The work goes on whether or not anybody takes the next view.
    """
    views: SimpleQueue[View | None] = SimpleQueue()
    thread = ThreadPoolExecutor(1)
    working = thread.submit(work, views.put)
    working.add_done_callback(lambda _: views.put(None))
    thread.shutdown(wait=False)
    over = False
    while not over:
        arrived = [views.get()]
        while not views.empty():
            arrived.append(views.get())
        over = arrived[-1] is None
        if shown := [view for view in arrived if view]:
            yield shown[-1]
            time.sleep(_PERIOD)
    working.result()  # raises what the work raised
