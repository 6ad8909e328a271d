"""What a worker of the reading stage imports and loads, so that the fork server has it once for all.

The models of languages are most of a worker's memory. They are loaded here by reading a page, and then set apart from
the garbage collector, whose marks would make each worker's copy of them its own.
"""

import gc
import os
import signal
from datetime import UTC, datetime

# before numpy is imported: a fork server that runs threads is none to be forked from, and workers share the cores
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pipelines.change
import pipelines.jobs
from pipelines.page import read_page
from pipelines.reading import StoredPage

__all__ = ["pipelines"]

_PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>A ferry and its timetable</title></head>
<body><article>
<h1>A ferry and its timetable</h1>
<p>On 3 March 2021 the ferry to the eastern bank went over to its summer timetable, said Ada Lindqvist of the port.</p>
<p>Паром на восточный берег перешёл на летнее расписание, сообщили в порту. Отправление каждые сорок минут.</p>
<p>Пором на східний берег перейшов на літній розклад, повідомили в порту. Відправлення щосорок хвилин.</p>
<p>Паром на ўсходні бераг перайшоў на летні расклад, паведамілі ў порце. Адпраўленне кожныя сорак хвілін.</p>
</article></body></html>"""

read_page(
    StoredPage(
        url="https://ferry.example/timetable",
        captured_at=datetime(2021, 3, 4, tzinfo=UTC),
        record_id="urn:uuid:00000000-0000-4000-8000-000000000000",
        payload_digest=None,
        content_type="text/html; charset=utf-8",
        octets=_PAGE.encode(),
    )
)
gc.collect()
gc.freeze()

# Of the fork server: a terminal that closes tells all its processes, and the crawl ends this one when it is through.
signal.signal(signal.SIGHUP, signal.SIG_IGN)
