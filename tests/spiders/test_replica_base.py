from __future__ import annotations

import gzip
import http.client
import time
from contextlib import closing
from datetime import UTC, datetime
from urllib.parse import urlsplit

from replicas.base import Ask, Replica, Reply, html_reply, paragraphs, people, slug_of


def connected(base: str) -> http.client.HTTPConnection:
    parts = urlsplit(base)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)


def test_what_is_asked_is_recorded_with_its_connections() -> None:
    with Replica({"/a": "<p>a</p>", "/b?x=1": "<p>b</p>"}, hosts=("rowan.example", "rowan.press")) as replica:
        with closing(connected(replica.base)) as first, closing(connected(replica.base)) as second:
            statuses = []
            for connection, path in ((first, "/a"), (first, "/b?x=1"), (second, "/none"), (first, "/robots.txt")):
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
                statuses.append(answer.status)
        # the server notes a request when its answer has left, each connection by a thread of its own
        while len(asked := replica.asked_of()) < 4:
            time.sleep(0.01)
        assert (statuses, sorted(replica.paths)) == ([200, 200, 404, 200], ["/a", "/b?x=1", "/none", "/robots.txt"])
        assert [one.connections for one in asked] == [1, 1, 2, 2]
        # the end of an answer is noted when it has left, which on a busy machine is a moment after it is there
        assert all(gap >= -1 for gap in replica.gaps()) and len(replica.gaps()) == 3
        assert (replica.most_connections(), replica.most_connections("rowan.press")) == (2, 0)
        assert replica.base != replica.base_of("rowan.press")


def test_encodings_faults_and_counts() -> None:
    page = html_reply("<p>Плёс</p>", charset="windows-1251", modified=datetime(2026, 5, 4, 12, tzinfo=UTC))

    def counted(ask: Ask) -> str:
        return f"{ask.host} {ask.before} {ask.query.get('page')}"

    with Replica({"/": page, "/n?page=2": counted}) as replica, closing(connected(replica.base)) as connection:
        replica.faults["/"] = [Reply(status=503, headers={"Retry-After": "1"})]

        def get(path: str) -> tuple[http.client.HTTPResponse, bytes]:
            connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            return answer, answer.read()

        assert (get("/")[0].status, get("/")[0].status) == (503, 200)
        answer, body = get("/")
        assert gzip.decompress(body).decode("windows-1251") == "<p>Плёс</p>"
        assert answer.headers["Content-Type"] == "text/html; charset=windows-1251"
        assert answer.headers["Last-Modified"] == "Mon, 04 May 2026 12:00:00 GMT"
        assert [get("/n?page=2")[1] for _ in "ab"] == [b"site.example 0 2", b"site.example 1 2"]


def test_names_and_texts_are_made_up_and_the_same_for_one_seed() -> None:
    some = people(400)
    assert len({one.name for one in some}) == len({one.slug for one in some}) == 400 == len(people(400))
    assert some == people(400)
    assert slug_of("Щучьеречин Цезарь Юлианович, ч. 2") == "shhucherechin-czezar-yulianovich-ch-2"
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    for language in ("ru", "en"):
        texts = [paragraphs(language, some[0], 5, seed, moment) for seed in (1, 1, 2)]
        assert texts[0] == texts[1] != texts[2]
        assert [len(text) for text in texts] == [5, 5, 5] and all("{" not in text for text in texts[0])
