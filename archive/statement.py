"""What is written beside the evidence in a bundle: a statement of one page in English and in Russian, a sheet with the
fields of the Berkeley Protocol, and what each file is.

All of it is made from what lies in the bundle and from nothing else, the same each time: whoever checks a bundle makes
it again and compares. No signature covers these texts, and they say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from archive.header import format_date, parse_warc_fields
from archive.warc import HTTP_REQUEST, WARC_FIELDS, Record, http_head

SHOWN = 3
"""Captures that a statement names; FIELDS.txt has them all."""

_LINE = 500
"""Characters of a value at most."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time-stamp over the checkpoint."""

    name: str
    """In the archive's note of keys."""
    authority: str
    """In its certificate."""
    time: datetime
    """What it bounds: its own accuracy is added, or taken off where the bound is a lower one."""
    stamped_at: datetime
    """What it says."""


@dataclass(frozen=True, slots=True)
class CaptureFacts:
    """What the records of one capture say."""

    record: Record
    index: int
    """Leaf index of its entry."""
    recovered: bool
    """Whether it was logged after a recovery."""
    lines: Mapping[str, str]
    """Of its metadata record."""
    warcinfo: Mapping[str, str]
    request: Record | None
    status: str | None
    """The status line of the response."""
    original: Record | None
    """Of a revisit."""

    @property
    def url(self) -> str:
        """The page's address."""
        return self.record.target_uri or ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a bundle shows."""

    software: str
    origin: str
    root_key: str
    log_key: str
    size: int
    root: bytes
    records: int
    recovered: int
    captures: tuple[CaptureFacts, ...]
    stamps: tuple[Stamp, ...]
    witnesses: tuple[tuple[str, datetime], ...]
    before: Stamp | None
    """A time-stamp that was in the log before the first of the captures."""
    beacon: str | None
    sessions: Mapping[str, str]
    """By crawl, what the log says of its beginning and of the clock then."""

    @property
    def since(self) -> datetime | None:
        """The time of the time-stamp before the captures."""
        return None if self.before is None else self.before.time

    @property
    def misdated(self) -> bool:
        """Whether a capture bears a later date than a time-stamp over it: the archive's clock was wrong."""
        return self.until is not None and any(one.record.date > self.until for one in self.captures)

    @property
    def until(self) -> datetime | None:
        """The earliest time-stamp."""
        return min((stamp.time for stamp in self.stamps), default=None)


def captures_of(
    wanted: Iterable[str], records: Mapping[str, Record], indexes: Mapping[str, int], recovered: Iterable[str]
) -> tuple[CaptureFacts, ...]:
    """What the records of a bundle say of its captures; `wanted` and the keys are record ids."""
    late = set(recovered)
    found = []
    for name in wanted:
        record = records[name]
        mine = [one for one in records.values() if name in one.concurrent_to or one.record_id in record.concurrent_to]
        mine.append(record)
        metadata = next((one for one in mine if one.type == "metadata"), None)
        head = http_head(record) if record.type in {"response", "revisit"} else None
        original = records.get((record.value("WARC-Refers-To") or "").strip("<>")) if record.type == "revisit" else None
        info = records.get((record.value("WARC-Warcinfo-ID") or "").strip("<>"))
        status = None
        if head is not None:
            start = record.block.read(0, head.length)
            status = _final_status_line(start)
        found.append(
            CaptureFacts(
                record=record,
                index=indexes[name],
                recovered=any(one.record_id in late for one in mine),
                lines=_lines(metadata),
                warcinfo=_lines(info),
                request=next((one for one in mine if one.value("Content-Type") == HTTP_REQUEST), None),
                status=status,
                original=original,
            )
        )
    return tuple(found)


def _final_status_line(heads: bytes) -> str:
    """The status line of the last head: heads of 1xx may stand before it."""
    lines = [line for line in heads.split(b"\n") if line.startswith(b"HTTP/")]
    return lines[-1].decode("latin-1").strip() if lines else ""


def _lines(record: Record | None) -> Mapping[str, str]:
    if record is None or record.value("Content-Type") != WARC_FIELDS:
        return {}
    lines: dict[str, str] = {}
    for name, value in parse_warc_fields(record.block.read(0, 1 << 20)):
        lines.setdefault(name, value)
    return lines


def _plain(text: object) -> str:
    """One printable line: what a server sent must not drive a terminal, nor pass for a line of ours."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in str(text)[:_LINE])


def _time(moment: datetime) -> str:
    return format_date(moment)


# --- the statement ---------------------------------------------------------------------------------------------------

_EN = """\
STATEMENT: WHAT THIS BUNDLE SHOWS, AND WHAT IT DOES NOT

Captures   {captures}

{times}

It shows
 - that each record in records.warc.gz is, octet for octet, the one that stands in the archive's log,
   {origin}: its SHA-256 digest is in the log's entry, and the
   entry in the tree of hashes (RFC 9162) whose root hash
   {root} was signed over {size} entries;
 - that this checkpoint was signed with the log's key, which the archive's root key vouches for. Root key:
   {root_key}
{shown} - that no record here can have been altered, back-dated or exchanged since, unless by somebody who holds
   the archive's keys, and then not without contradicting every copy of a checkpoint kept elsewhere.

It does not show
 - that the web server really sent these octets. The archive says so; TLS leaves nothing that a third party could
   check. The server's certificates and the answer of the name system, where they are here, speak for it;
 - when a page was fetched. The dates in the records are by the archive's own clock. A time-stamp bounds when the
   records were logged: "logged before", never "captured at";
 - that what the page says is true, who wrote it, or that nothing else stood on the site;
 - that the archive kept everything it saw. Other captures are neither shown nor excluded;
 - whose keys these are. Compare the root key above with one that the archive published or gave you by another way;
 - that no key was revoked after this bundle was made. Ask the archive for its newest note of keys.
{recovered}
To check it: python3 -I verify_bundle.py BUNDLE.zip, best with a copy of that program that came another way than
this bundle; or by hand, with the commands in COMMANDS.txt. Every octet that counts is checked by the expert's own
machine; nothing is asked of the archive. The signatures of time-stamping authorities are checked with OpenSSL.

No signature covers this page: it is an explanation. What the records and the log say counts.
"""

_RU = """\
ЧТО ДОКАЗЫВАЕТ ЭТОТ ПАКЕТ И ЧЕГО ОН НЕ ДОКАЗЫВАЕТ

Страницы   {captures}

{times}

Пакет показывает,
 - что каждая запись в records.warc.gz байт в байт совпадает с той, что внесена в журнал архива,
   {origin}: её дайджест SHA-256 стоит в строке журнала, а сама
   строка входит в дерево хешей (RFC 9162), корень которого
   {root} подписан для {size} строк;
 - что эта контрольная точка подписана ключом журнала, за который ручается корневой ключ архива. Корневой ключ:
   {root_key}
{shown} - что с тех пор ни одну запись нельзя было изменить, пометить задним числом или подменить, кроме как имея ключи
   архива; но и тогда подделка противоречила бы каждой копии контрольной точки, хранящейся в другом месте.

Пакет не показывает,
 - что сервер действительно отправил эти байты. Это утверждает архив; TLS не оставляет ничего, что мог бы проверить
   третий. В пользу этого говорят сертификаты сервера и ответ системы имён, если они здесь есть;
 - когда страница была загружена. Даты в записях - по собственным часам архива. Метка времени ограничивает время
   внесения в журнал: «внесено до», но не «загружено в»;
 - что написанное на странице верно, кто её автор и что на сайте не было ничего другого;
 - что архив сохранил всё, что видел. О других страницах пакет ничего не говорит;
 - чьи это ключи. Сверьте корневой ключ с тем, который архив опубликовал или передал вам другим путём;
 - что ключ не был отозван после создания пакета. Запросите у архива последнюю ведомость ключей.
{recovered}
Проверка: python3 -I verify_bundle.py ПАКЕТ.zip - лучше копией этой программы, полученной другим путём, чем пакет;
или вручную, командами из COMMANDS.txt. Всё проверяется на компьютере эксперта; у архива ничего не спрашивают.
Подписи служб меток времени проверяются программой OpenSSL.

Ни одна подпись не заверяет эту страницу: это пояснение. Значение имеет то, что стоит в записях и журнале.
"""


def statement_en(facts: Facts) -> str:
    """The statement in English."""
    times = []
    if facts.since is not None:
        times.append(
            f"Logged after   {_time(facts.since)} (a time-stamp of then stands in the log before the captures)"
        )
    if facts.beacon is not None:
        times.append(f"Logged after   this became public: {_plain(facts.beacon)}")
    for stamp in facts.stamps:
        times.append(f"Logged before  {_time(stamp.time)} (time-stamp by {_plain(stamp.authority)}, RFC 3161)")
    if facts.misdated:
        times.append("THE ARCHIVE'S CLOCK WAS WRONG: a capture bears a later date than a time-stamp over it.")
    if not facts.stamps:
        says = "only a witness, named below," if facts.witnesses else "nobody outside the archive"
        times.append(f"Logged before  no time-stamp: {says} says when these records were there")
    shown = "".join(
        f" - that the witness {_plain(name)} saw this checkpoint at {_time(at)}, by its own clock;\n"
        for name, at in facts.witnesses
    )
    recovered = (
        f"\n{facts.recovered} of the {facts.records} records were logged after the run that wrote them was cut short "
        "(`recovered`).\nUntil then they lay on the archive's disk, outside of the signed log.\n"
        if facts.recovered
        else ""
    )
    return _EN.format(
        captures=_list(facts, "by the archive's clock", "{} more, in FIELDS.txt"),
        times="\n".join(times),
        origin=facts.origin,
        root=facts.root.hex(),
        size=facts.size,
        root_key=facts.root_key,
        shown=shown,
        recovered=recovered,
    )


def statement_ru(facts: Facts) -> str:
    """The statement in Russian."""
    times = []
    if facts.since is not None:
        times.append(f"Внесено после  {_time(facts.since)} (метка этого времени стоит в журнале перед страницами)")
    if facts.beacon is not None:
        times.append(f"Внесено после  обнародования: {_plain(facts.beacon)}")
    for stamp in facts.stamps:
        times.append(f"Внесено до     {_time(stamp.time)} (метка времени {_plain(stamp.authority)}, RFC 3161)")
    if facts.misdated:
        times.append("ЧАСЫ АРХИВА БЫЛИ НЕВЕРНЫ: дата в записи позднее метки времени, поставленной на неё.")
    if not facts.stamps:
        says = "только свидетель, названный ниже," if facts.witnesses else "никто вне архива не"
        times.append(f"Внесено до     метки времени нет: {says} подтверждает, когда записи уже были")
    shown = "".join(
        f" - что свидетель {_plain(name)} видел эту контрольную точку в {_time(at)} по своим часам;\n"
        for name, at in facts.witnesses
    )
    recovered = (
        f"\nЗаписей, внесённых в журнал после прерванной работы (`recovered`): {facts.recovered} из {facts.records}.\n"
        "До этого они лежали на диске архива вне подписанного журнала.\n"
        if facts.recovered
        else ""
    )
    return _RU.format(
        captures=_list(facts, "по часам архива", "и ещё {}, см. FIELDS.txt"),
        times="\n".join(times),
        origin=facts.origin,
        root=facts.root.hex(),
        size=facts.size,
        root_key=facts.root_key,
        shown=shown,
        recovered=recovered,
    )


def _list(facts: Facts, clock: str, more: str) -> str:
    lines = []
    for one in facts.captures[:SHOWN]:
        lines += [_plain(one.url), f"  {_time(one.record.date)} {clock}, <{one.record.record_id}>"]
    if len(facts.captures) > SHOWN:
        lines.append(more.format(len(facts.captures) - SHOWN))
    return ("\n" + " " * 11).join(lines)


# --- the fields of the Berkeley Protocol -----------------------------------------------------------------------------

_UNKNOWN = "unknown / неизвестно"
_BY_HAND = "to be filled in by hand / заполняется вручную: ______________________________________"


def fields(facts: Facts) -> str:
    """The field sheet: what the Berkeley Protocol asks to be kept, filled in from the records."""
    lines = [
        "FIELDS / СВЕДЕНИЯ",
        "",
        "After the Berkeley Protocol on Digital Open Source Investigations (HR/PUB/20/2), paragraphs 155 to 170",
        "and annex IV, online data collection. All values come from the records in this bundle; what they do not",
        "say is unknown. No signature covers this sheet.",
        "По Протоколу Беркли (HR/PUB/20/2), пункты 155-170 и приложение IV. Все значения взяты из записей этого",
        "пакета; чего в них нет, то неизвестно. Ни одна подпись не заверяет этот лист.",
    ]
    for number, one in enumerate(facts.captures, 1):
        lines += [
            "",
            "-" * 100,
            f"CAPTURE {number} of {len(facts.captures)} / СТРАНИЦА {number} из {len(facts.captures)}",
            "",
        ]
        for name, value in _fields_of(one, facts):
            lines += [name, f"    {_plain(value)}"]
    return "\n".join(lines) + "\n"


def _fields_of(one: CaptureFacts, facts: Facts) -> Sequence[tuple[str, str]]:
    record, told = one.record, one.lines
    digest = record.value("WARC-Payload-Digest") or _UNKNOWN
    request = _request_head(one.request)
    info = one.warcinfo
    redirected = told.get("hopsFromSeed", "")
    revisit = (
        f"yes, of <{one.original.record_id}> of {_time(one.original.date)}: the server sent the same payload again"
        if one.original is not None
        else "no"
    )
    crawl = told.get("crawl", info.get("isPartOf", _UNKNOWN))
    clock = facts.sessions.get(crawl, "unknown: the log says nothing of it / неизвестно: журнал об этом молчит")
    return [
        ("155 (a) target web address / адрес страницы", one.url or _UNKNOWN),
        ("155 (b) source code / исходный код", f"payload {digest}, in record <{(one.original or record).record_id}>"),
        ("    status line / строка состояния", one.status or f"none: {told.get('outcome', _UNKNOWN)}"),
        ("    outcome / итог", " ".join(filter(None, (told.get("outcome", _UNKNOWN), told.get("failure", ""))))),
        ("    cut off / обрыв", told.get("truncated", "no" if told else _UNKNOWN)),
        ("    unchanged since an earlier capture / не изменилась", revisit),
        ("155 (c) full-page capture (image) / снимок экрана", "none was made / не делался"),
        (
            "155 (d) embedded media / вложенные файлы",
            "only what is named as a capture on this sheet / только перечисленное",
        ),
        ("155 (e) embedded metadata / встроенные метаданные", "as in the payload, unchanged / как в самом файле"),
        (
            "155 (f) context: found on / найдена на странице",
            told.get("via", "a start address, or unknown / начальный адрес"),
        ),
        ("    path of discovery / путь", redirected or "start address, or unknown / начальный адрес"),
        ("155 (g) collector / кто собирал", info.get("operator", "not named / не назван")),
        ("    crawl / обход", crawl),
        ("    software / программа", info.get("software", _UNKNOWN)),
        ("    configuration / настройки", info.get("configuration-digest", _UNKNOWN)),
        ("    IP address of the collecting machine / IP-адрес", "withheld / не указывается"),
        ("    vantage / откуда", told.get("vantage-label", told.get("vantage", "direct connection / напрямую"))),
        ("    identity shown / представлялась как", request.get("user-agent", _UNKNOWN)),
        ("    contact shown / контакт", request.get("from", "none / нет")),
        (
            "    accounts, cookies / учётные записи, cookie",
            "cookies were sent" if "cookie" in request else "none / нет",
        ),
        ("    robots.txt", info.get("robots", _UNKNOWN)),
        ("    time of collection / время загрузки", f"{_time(record.date)} (UTC, by the archive's clock)"),
        ("    duration / длительность", f"{told['fetchTimeMs']} ms" if "fetchTimeMs" in told else _UNKNOWN),
        ("    clock synchronisation / сверка часов", clock),
        ("    server address / адрес сервера", record.value("WARC-IP-Address") or _UNKNOWN),
        (
            "    name system / система имён",
            " ".join(filter(None, (told.get("dns-host"), told.get("dns-rcode")))) or _UNKNOWN,
        ),
        ("    TLS", " ".join(filter(None, (told.get("tls-version"), told.get("tls-cipher")))) or "none / нет"),
        ("    certificate / сертификат", told.get("tls-certificate", "none / нет")),
        ("    certificate holds / сертификат действителен", told.get("tls-verdict", "none / нет")),
        ("155 (h) hash at the point of collection / хеш", f"SHA-256 of the record: {record.record_digest}"),
        ("    over / от чего", "the record from WARC/1.1 to its last CR LF CR LF, before compression"),
        ("162 unique reference / уникальный номер", f"<{record.record_id}>, entry {one.index} of {facts.origin}"),
        ("    logged after a recovery / после сбоя", "yes (recovered) / да" if one.recovered else "no / нет"),
        ("    logged before / внесено до", _time(facts.until) if facts.until else "no time-stamp / метки времени нет"),
        (
            "    logged after / внесено после",
            _time(facts.since) if facts.since else "no time-stamp / метки времени нет",
        ),
        ("167 custody since / хранение", "by the archive, whose log lists exports, checks and copies; handed over to:"),
        ("    ", _BY_HAND),
        ("168 working copies / рабочие копии", "this bundle is a copy; the evidentiary copy is the archive's"),
        ("148, 194 relevance / относимость", _BY_HAND),
        ("    case number / номер дела", _BY_HAND),
    ]


def _request_head(request: Record | None) -> Mapping[str, str]:
    if request is None:
        return {}
    octets = request.block.read(0, 1 << 16).split(b"\r\n\r\n", 1)[0]
    pairs = (line.decode("latin-1").partition(":") for line in octets.split(b"\r\n")[1:])
    return {name.lower(): value.strip() for name, _, value in pairs}


# --- what each file is -----------------------------------------------------------------------------------------------

README = """\
An evidence bundle of Khronika / Пакет доказательств Khronika

Begin with / Начните с:
  STATEMENT.en.txt       what this bundle shows, and what it does not
  STATEMENT.ru.txt       что доказывает этот пакет и чего он не доказывает
  FIELDS.txt             the fields of the Berkeley Protocol, for each capture / сведения по Протоколу Беркли

To check it / Проверка:
  verify_bundle.py       python3 -I verify_bundle.py BUNDLE.zip [--trust KEY]; needs Python 3.8 and nothing else
  COMMANDS.txt           the same check by hand: sha256sum, gzip, openssl; also runs as a script, sh COMMANDS.txt

The evidence / Доказательства:
  records.warc.gz        the records as the archive stores them: WARC 1.1 (ISO 28500), one gzip member each. Replay
                         programs open it / открывается программами просмотра веб-архивов
  proofs/N.tlog-proof    for the Nth record, counted from 0: its entry, and the path to the root (C2SP tlog-proof)
  checkpoint             the signed root of the log, as it was first given out (C2SP tlog-checkpoint)
  cosignatures           signatures of witnesses over it, if there are any (C2SP tlog-cosignature)
  genesis.tlog-proof     the first entry of the log, which names the root key
  keys/N.note            the notes of keys, signed with the root key: who may sign, which authorities stamp
  policy                 whose cosignatures the log asks for (C2SP tlog-policy)
  tsa/                   time-stamps over the file checkpoint (RFC 3161), certificates, lists of revoked certificates
  after/                 what stood in the log before the captures: an earlier time-stamp, a beacon
  sessions/              entries on the beginning of the crawls, with the state of the clock
  recovery/              entries that tell of a crawl that was cut short while these records were being logged
  manifest-sha256.txt    SHA-256 of every other file: sha256sum -c manifest-sha256.txt
  bundle.json            format, and which records are the captures that the bundle was made for

Nothing here tells of other captures of the archive: the hashes in the paths cannot be turned back. The records do hold
what every WARC holds: the address of the page, the page that led to it, how the archive presented itself.
"""
