"""Whether what was had under a page's address with status 2xx is the page: or an error page, a parked domain, a block.

What a page says is told from its words: a title or heading that says nothing but that there is no such page, over a
short text; the phrases of registrars and hosters, of default pages of servers, of block pages. Careful rather than
complete: a long text is a page, a statement that gives a reason ("removed at the request of …") is one, and so is an
article about such things. That a page is another one than before, the comparison tells: nothing of its text, of what
stands around it, of its title and of its links is there any more. A site's first page whose news are all new keeps what
stands around them; one in a new template keeps its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from archive.kinds import State
from pipelines.reading import Reading, comparable
from pipelines.sight import key_of
from spiders.kinds import kind_of

if TYPE_CHECKING:
    from spiders.definition import SiteDefinition

SHORT: Final = 150
"""Words of main text up to which a page may say by its title or heading that there is none."""
SHORTEST: Final = 40
"""The same for one that says it in its text alone."""
NAME: Final = 9
"""Words of a title or heading that says nothing else."""
SENTENCE: Final = 14
"""The same of one that is a whole sentence: the page that somebody is looking for was moved or never existed."""

FIRST: Final = 6
"""Sentences of such a page that are looked at."""

_WORD: Final = re.compile(r"[^\W_]+")
_END: Final = re.compile(r"(?<=[.!?])\s|\n")
_PARTS: Final = re.compile(r"\s+[|–—·•»«:-]+\s+|\s*[|»]\s*|\s*::\s*")

_PAGE: Final = (
    r"(the |this |that |requested |your )*(page|url|article|post|document|content|material|resource|case)"
    r"( you( a|['’])re (looking|searching) for| you (requested|want(ed)?)| requested)?"
)


def _said(intro: str, page: str, other: str, between: str, lacks: str) -> str:
    """Sentences which say of a page that it is not there; of something else (a record, a profile) when they end there.

    A title such as "File not found: what the court lost" begins in the same way, and is that of an article.
    """
    of_page = rf"(({intro})[\s,.!:…–—-]+)*({page})({between})*[\s,]+({lacks})"
    lacking = rf"({lacks})([\s,]+(or|или|либо|або|чи|ці|альбо)\s+({lacks}))*"
    return rf"{of_page}|(({intro})[\s,.!:…–—-]+)*({other})({between})*[\s,]+{lacking}$"


_WHICH_RU: Final = r"(эт|так|данн|указанн|запрошенн|запрашиваем|иском|нужн|вам)\w* "
_WHICH_UK: Final = r"(ц|так|дан|вказан|запитан|запитуван|потрібн|вам)\w* "
_WHICH_BE: Final = r"(гэт|так|дадзен|указан|запытан|запатрабаван|патрэбн|вам)\w* "
_SAID: Final = (
    _said(
        r"oops|whoops|oh no|uh[- ]oh|sorry|hm+|404|error( 404)?|(it )?(looks|seems) like|it (seems|appears)( that)?"
        r"|unfortunately",
        r"(the |this |that |your |requested )*(page|url|address)",
        r"(the |this |that |requested |no )*(article|post|document|content|material|item|record|profile|case|entry|file"
        r"|results?|posts?|publication|section)",
        r" (that )?(you( are|['’]re| were|['’]ve been| have)? (looking|searching|trying|requested|wanted?|asked"
        r"|followed)( for| to \w+)?|requested)| (has|have|is|was|may have|might have|could|can|does|did)( been)?"
        r"| at this address| here| on this (site|server)",
        r"not( be)? (found|exist|available|there|here)|(does|is|was|has|can|could|did)n['’]t( be| been)? (exist|found"
        r"|available|there|here)|can['’]t be found|cannot be found|no longer (exists?|available|here|there)|unavailable"
        r"|gone|missing|(re)?moved|deleted|never existed|found$|(does|do)n['’]t (seem|appear) to exist",
    ),
    _said(
        r"ой|ох|упс|увы|жаль|к сожалению|извините|простите|похоже|кажется|видимо|возможно|404|ошибка( 404)?|что",
        rf"({_WHICH_RU})*(страниц\w+|адрес\w*)",
        rf"({_WHICH_RU})*(стать\w+|запис\w+|публикаци\w+|материал\w*|документ\w*|новост\w+|файл\w*|элемент\w*"
        r"|раздел\w*|объект\w*|профил\w+|карточк\w+|контент\w*|пост)",
        r",? котор\w+ (вы|ты) \w+( \w+)?,?| по (этому|такому|указанному|данному) адресу| на (этом |нашем )?сайте| у нас"
        r"| вами| уже| больше| более| пока| видимо| возможно| был[аои]?",
        r"не (был[аои]? )?(найден\w*|обнаружен\w*|существует|доступ(ен|н\w+)|нашл\w+)|недоступ(ен|н\w+)$|нет$"
        r"|нет (на|по|у) |(никогда )?не существовал\w*|отсутствует|удален\w*|перемещен\w*|перенесен\w*|потерял\w+"
        r"|пропал\w*|снят\w* с публикации",
    ),
    _said(
        r"ой|ох|упс|на жаль|вибачте|здається|схоже|можливо|404|помилка( 404)?|що",
        rf"({_WHICH_UK})*(сторін\w+|адрес\w*)",
        rf"({_WHICH_UK})*(стат(тя|тю|ті)|запис\w*|публікаці\w+|матеріал\w*|документ\w*|новин\w+|файл\w*|елемент\w*"
        r"|розділ\w*|об['’ʼ]єкт\w*|профіл\w+|картк\w+|контент\w*|допис)",
        r",? яку ви \w+( \w+)?,?| за (цією|такою|вказаною) адресою| на (цьому |нашому )?сайті| вже| більше| поки"
        r"| мабуть| бул[аои]",
        r"не (бул[аои] )?(знайден\w*|існує|доступн\w+)|недоступн\w+$|немає|нема$|відсутн\w+|видален\w*|переміщен\w*"
        r"|вилучен\w*|перенесен\w*|зникл\w+",
    ),
    _said(
        r"ой|ох|упс|на жаль|прабачце|выбачайце|здаецца|падобна|магчыма|404|памылка( 404)?|што",
        rf"({_WHICH_BE})*(старон\w+|адрас\w*)",
        rf"({_WHICH_BE})*(артыкул\w*|запіс\w*|публікацы\w+|матэрыял\w*|дакумент\w*|навін\w+|файл\w*|элемент\w*"
        r"|раздзел\w*|аб['’ʼ]ект\w*|профіл\w+|картк\w+|кантэнт\w*|допіс)",
        r",? якую вы \w+( \w+)?,?| па (гэтым|такім|указаным) адрасе| на (гэтым |нашым )?сайце| ўжо| больш| пакуль"
        r"| мусіць| был[аоі]",
        r"не (был[аоі] )?(знойдзен\w*|існуе|даступн\w+)|недаступн\w+$|няма|адсутнічае|выдален\w*|перанесен\w*"
        r"|перамешчан\w*|знікл\w+",
    ),
    # nothing is here, nobody finds it
    r"((oops|whoops|hm+|sorry|uh[- ]oh)[\s,.!…-]+)*(there(['’]s| is) )?nothing( to see| was found| found)?"
    r"( (here|at this (location|address)))?$|(it )?(looks|seems) like you(['’]re| are) lost$",
    r"((ой|ох|упс|увы|к сожалению|кажется|похоже)[\s,.!…–—-]+)*((здесь|тут)( больше)?"
    r" (ничего (нет|не нашлось|не найдено)|пусто)|ничего (не )?(найдено|нашлось|нет))$",
    rf"((к сожалению|извините|увы)[\s,.!]+)*(мы |нам )?не (можем|смогли|удалось|удается|получилось|нашли)( найти)?"
    rf" ({_WHICH_RU})*(страниц|запис|стать|материал|публикаци)",
    r"((ой|ох|упс|на жаль|здається|схоже)[\s,.!…–—-]+)*((тут|за цією адресою)( більше)? (нічого (немає|не знайдено)"
    r"|порожньо)|нічого не (знайдено|знайшлося))$",
    rf"((на жаль|вибачте)[\s,.!]+)*(ми |нам )?не (можемо|змогли|вдалося|вдається|знайшли)( знайти)?"
    rf" ({_WHICH_UK})*(сторін|запис|стат|матеріал|публікаці)",
    r"((ой|ох|упс|на жаль|здаецца|падобна)[\s,.!…–—-]+)*((тут|па гэтым адрасе)( больш)?"
    r" (нічога (няма|не знойдзена)|пуста)|нічога не (знойдзена|знайшлося))$",
    rf"((на жаль|прабачце)[\s,.!]+)*(мы |нам )?не (можам|змаглі|ўдалося|удалося|знайшлі)( знайсці)?"
    rf" ({_WHICH_BE})*(старон|запіс|артыкул|матэрыял|публікацы)",
)
# What such a title, heading or sentence begins with; capitals aside, ё as е.
_NO_PAGE: Final = re.compile(
    "|".join(
        (
            r"(http |error |status |ошибка |ошибка http |помилка |памылка |код ошибки |błąd |fehler "
            r"|erreur )*[#№]?4(04|10)"
            r"( error| ошибка| помилка| памылка)?([\s:,.!–—-]+(страница|page|not|ошибка|error|сторінк|старонк).*)?$",
            rf"{_PAGE} (was |is |could |can ?|has |does |did )?(not|n['’]t|no longer)( be| been)? "
            r"(found|exist|available|there|here)",
            rf"{_PAGE} (can['’]t|(could|does|is|was)n['’]t)( be)? (found|exist|available|here|there)",
            r"(sorry|oops|whoops|uh[- ]oh|ooops)?[\s,.!…-]*(we |i )?(can['’]?t|cannot|could ?n['’o]?t"
            r"|could not)( seem to)? find"
            rf" {_PAGE}",
            r"(sorry|oops|whoops)[\s,.!…-]+.{0,20}\b(not found|can['’]t be found|cannot be found|does not exist)",
            r"(file|page|404)?[\s-]*(or directory )?not found$|nothing (was )?found (here|at this location)"
            r"|no such page",
            r"it looks like nothing was found at this location|there is no such page",
            r"this (page|content|post) (is (gone|unavailable)|has been (removed|deleted|moved))$",
            r"(к сожалению,? |извините,? )?(мы )?не (удалось найти|нашли|найден[аоы]?) .{0,30}(страниц|запис"
            r"|стать|материал)",
            r"(такой|этой|данной|запрошенной|запрашиваемой) (страницы|записи|статьи|новости)( у нас| на (этом "
            r"|нашем )?сайте)?"
            r"( больше)? (нет|не существует)|(такой |этой )?страницы не существует|нет такой страницы|не найдено$",
            r"(такої |цієї )?сторінки (не існує|немає)|не знайдено$|немає такої сторінки",
            r"(такой |гэтай )?старонкі (не існуе|няма)|няма такой старонкі|не знойдзена$",
            r"(strona|podstrona) nie (została znaleziona|istnieje)|nie znaleziono (takiej )?strony",
            r"puslapis nerastas|lapa (nav atrasta|neeksistē)|lehte ei leitud|sivua ei löydy"
            r"|seite (wurde )?nicht gefunden",
            r"page (introuvable|non trouvée)|p[áa]gina no encontrada|pagina (nu a fost găsită|non trovata)",
            r"sayfa bulunamadı|səhifə tapılmadı|sahifa topilmadi|бет(ті)? табылмады|парақ(ша)? табылмады"
            r"|барак табылган жок",
            *_SAID,
            r"(вы )?(попали|зашли|перешли) на (несуществующую|удаленную) страницу|(несуществующая|удаленная) страница$",
            r"(die |diese )?(angeforderte |gesuchte )?seite (wurde |konnte )?nicht gefunden",
            r"(la |cette )page n['’]existe",
            r"(бет|парақша) табылған жоқ",
            r"саҳифа (ёфт нашуд|топилмади)|გვერდი (ვერ|არ) (მოიძებნა|არსებობს)|էջը (չի|չգտնվեց)( գտնվել)?",
        )
    )
)
# Who says why, states something: that is what the page says now.
_STATED: Final = re.compile(
    r"по (требованию|решению|просьбе|запросу|заявлению)|на (вимогу|прохання|підставі)|за рішенням|па патрабаванн"
    r"|at the request|by order|court|суд[ауо]?м?\b|роскомнадзор|прокур|following a|because of(?!\s*:)|due to"
    r"|in accordance"
)

_BLOCKED: Final = re.compile(
    r"(error )?(403|401|429|451)?[\s:–—-]*(forbidden|access (is )?(denied|forbidden|restricted)|too many requests"
    r"|unauthorized"
    r"|unavailable for legal reasons|request (was )?(blocked|rejected)|you (have been|are"
    r"|were) (temporarily )?blocked)"
    r"|sorry, you have been blocked|(checking|verifying) your browser|attention required!?|are you (a )?(human|robot)"
    r"|(please )?(verify|confirm) (that )?you are (a )?human|you are not (authori[sz]ed|allowed) to (access|view)\b"
    r"|доступ (к .{0,60} )?(запрещен|ограничен|заблокирован|закрыт)|вы (были )?заблокированы|(вы )?не робот"
    r"|проверка (вашего )?браузера( |$)|подтвердите,? что (вы (человек|не )|запросы)"
    r"|у вас (нет|недостаточно) (доступа|прав)( (к|на|для) .{2,60})?$|недостаточно прав( (на|для) .{2,60})?$"
    r"|(сайт|ресурс) (заблокирован|ограничен)(?!,)|доступ (до .{0,60} )?(заборонен|обмежен|заблокован)\w*"
    r"|доступ (да .{0,60} )?(забаронен|абмежаван|заблакаван)\w*|страница (заблокирована|недоступна в вашей стране)"
    r"|(this )?(content|site|page|website) is (blocked|not available|unavailable) in your (country|region)"
)
_LOG_IN_NAME: Final = re.compile(
    r"(please )?(log|sign) ?-?in( (required|to .{2,30}))?|(member |user )?log-?in( required)?"
    r"|(вход|войти|войдите|авторизация|вход и регистрация)( на сайт| в систему| в личный кабинет| в аккаунт)?"
    r"|(вхід|увійти|увійдіть|авторизація)( на сайт| до системи| в систему| до кабінету)?"
    r"|(уваход|увайсці|увайдзіце|аўтарызацыя)( на сайт| у сістэму)?"
)
"""Title or first heading of a page that lets in whoever has a password."""
_PASSWORD: Final = re.compile(r"\b(passwords?|парол[ья]|логин|логін|лагін|members only)\b")
_LOG_IN_TO_SEE: Final = re.compile(
    r"(log|sign)(ged)? ?-?in to (view|see|access|read|continue)\b"
    r"|(чтобы|для) (просм\w+|увидеть|продолж\w+|получ\w+|чита\w+|чтения|доступа)\b.{0,60}(вой(дите|ти)|авториз\w+)"
    r"|(вой(дите|ти)|авториз\w+)\b.{0,40}(чтобы|для) (просм\w+|увидеть|продолж\w+|получ\w+|чита\w+|чтения|доступа)"
    r"|(щоб|для) (перегля\w+|побачити|продовж\w+|отрима\w+|чита\w+|доступу)\b.{0,60}(увій(діть|ти)|авториз\w+)"
    r"|(увій(діть|ти)|авториз\w+)\b.{0,40}(щоб|для) (перегля\w+|побачити|продовж\w+|отрима\w+|чита\w+|доступу)"
    r"|(каб|для) (прагля\w+|пабачыць|працяг\w+|атрыма\w+|чыта\w+|доступу)\b.{0,60}(увай(дзіце|сці)|аўтарыз\w+)"
    r"|(увай(дзіце|сці)|аўтарыз\w+)\b.{0,40}(каб|для) (прагля\w+|пабачыць|працяг\w+|атрыма\w+|чыта\w+|доступу)"
)
"""What such a page says; not that one has to log in to write a comment."""
_CLOSED: Final = re.compile(
    r"(the |this |our )?(site|website|page|service) is (temporarily )?(unavailable|down|offline|closed"
    r"|under (maintenance|construction))"
    r"|(scheduled |site |under )?maintenance( mode)?$|briefly unavailable for scheduled maintenance"
    r"|we['’]ll be (right )?back( soon)?$"
    r"|50[0-4][\s:–—-]+(bad|gateway|service|internal)|service (temporarily )?unavailable|bad gateway"
    r"|gateway time-?out"
    r"|((oops|whoops|sorry)[\s,.!…-]+)?something went wrong$|(что-то пошло|щось пішло|нешта пайшло) не так$"
    r"|internal server error|error establishing a database connection|database error|fatal error|application error"
    r"|(на )?(сайте )?(ведутся |проводятся )?технические работы"
    r"|на сайте (сейчас )?(ведутся|проводятся) работы|сайт (временно )?(недоступен|не работает|закрыт"
    r"|отключен)"
    r"|сайт (находится )?(на реконструкции|на обслуживании|в разработке)|ошибка (соединения|подключения) (с|к) баз"
    r"|(на сайті )?(ведуться |проводяться )?технічні роботи|сайт (тимчасово )?(недоступний|не працює|закрито)"
    r"|(вядуцца |праводзяцца )?тэхнічныя работы|сайт (часова )?(недаступны|не працуе)|внутренняя ошибка сервера"
)
_PARKED: Final = re.compile(
    r"\b(this |the )?(web ?site |domain)( name)?s? .{0,70}\b(is|are|may be|could be) (now )?(for sale"
    r"|available for purchase|parked|expired)"
    r"|domains? (names? )?(is |are )?for sale|buy this domain|domain (name )?(has |is )?(expired|been registered"
    r"|parked)"
    r"|parked (free,? )?(courtesy of|by|domain|page)|make an offer .{0,30}domain|inquire about this domain"
    r"|get this domain"
    r"|registered (via|at|with) .{0,40}\bparking|related searches.{0,80}privacy policy$|hugedomains|sedoparking"
    r"|domain parking"
    r"|домен\w* .{0,60}(прода[её]тся|продается|выставлен на продажу|свободен|припаркован|истек|не оплачен"
    r"|заблокирован|освобо)"
    r"|купить (этот )?домен|продается домен|продажа домен|аренда домен|срок (регистрации|действия|оплаты) (домен"
    r"|хостинг)"
    r"|домен\w* (.{0,40} )?(продається|припарковано|зарегистрирован .{0,60}(reg|nic|тимвеб|timeweb|рег))"
    r"|купити домен|прадаецца дамен"
    r"|(account|site|website|hosting|domain) (has been |is |was )?(suspended|disabled|deactivated)|account suspended"
    r"|(аккаунт|хостинг|сайт|услуга|обслуживание) .{0,40}(приостановлен|заблокирован хост|отключен за неуплат)"
    r"|(владелец|администратор) (сайта|домена) .{0,40}(не продлил|не оплатил)|сайт не привязан|нет такого сайта"
    r"|site not configured"
    r"|(this )?web ?page is parked|(сайт|домен) (находится )?на парковке"
    r"|домен\w* (.{0,40} )?не (прилинкован|привязан|направлен|делегирован)\w*"
    r"|(здесь|тут) (скоро )?(будет|появится) (новый )?сайт|^index of /"
    r"|welcome to (nginx|caddy|openresty|centos|your new (site|website|server))|(apache|nginx|iis|litespeed"
    r"|tomcat|lighttpd|plesk)\d?"
    r".{0,40}(default|test|welcome|стартовая) (page|страниц)|default (web ?site|web ?server|web) page|^it works!"
    r"|iis windows( server)?$"
    r"|this is the default|web server'?s default page|future home of something|site (is )?not (published|found)$"
    r"|there isn['’]t a github pages"
    r"|(сайт|страница) (только что )?создан\w*( и|\.).{0,80}хостинг|сайт только что создан"
    r"|загрузите файлы .{0,40}(public_html|htdocs|httpdocs)|добро пожаловать .{0,30}(хостинг|isp|сервер)"
    r"|размещение сайта .{0,30}хостинг"
)
_LURES: Final = re.compile(
    r"\b(casino|казино|slots?|слот(ы|ов|ах)|игров\w+ автомат\w*|jackpots?|джекпот\w*|free ?spins?|фриспин\w*"
    r"|1xbet|vavada|pin-?up|мелбет"
    r"|bookmaker|букмекер\w*|sportsbook|betting|poker|покер\w*|roulette|рулетк\w+|blackjack|togel|judi|situs slot"
    r"|viagra|cialis|levitra"
    r"|online pharmacy|escorts?|эскорт\w*|porn\w*|порно\w*|sex ?cams?|payday loans?|микрозайм\w*)\b"
)
_LURED: Final = 6
"""Times that such words stand in a page which is one of them; its title has one too, and they are several."""
_OFFERED: Final = re.compile(
    r"\b(бонус\w*|bonus(es)?|играть|грати|зеркал\w+|депозит\w*|deposits?|claim|free|промокод\w*)\b"
)
"""What such a page says to its visitors, and one about a case of gambling does not."""
_LURED_IN_FEW: Final = 4
_LURED_OF_FEW: Final = 0.12
"""The same, and the share of all its words, of one that says little else."""

_HOME: Final = re.compile(r"/?([a-z]{2}([-_][a-z]{2})?/?)?((index|default|home|main)(\.\w{2,5})?/?)?", re.IGNORECASE)
_LOG_IN: Final = re.compile(
    r"/(wp-login\.php|log-?in|sign-?in|auth(orize)?|sso|captcha|showcaptcha|challenge|access-?denied|blocked"
    r"|forbidden)\b",
    re.IGNORECASE,
)


# --- by its own words -------------------------------------------------------------------------------------------------


def state_said(reading: Reading) -> State:
    """What a page's own words say that it is: the page, unless they are those of something that stands in its place."""
    words = _count(reading.text)
    if not words and _is_empty(reading):
        return State.REPLACED if _is_named_after_host(reading) else State.UNREACHABLE
    if words > SHORT * 2:
        return State.REPLACED if _is_lure(reading) else State.PRESENT
    sentences = list(_names(reading, SENTENCE))
    names = [name for name in sentences if _count(name) <= NAME]
    text = _form(reading.text)
    stated = _STATED.search(_form(_notice(reading))) is not None
    # a name alone may be that of an article: what is under it is short then, or says it too
    if not stated and any(map(_NO_PAGE.match, sentences)) and (words <= SHORT or _NO_PAGE.search(text)):
        return State.SOFT_404
    if words > SHORT:
        return State.REPLACED if _is_lure(reading) else State.PRESENT
    everything = _form(" . ".join((*names, reading.text, *reading.texts("side"))))
    if _count(everything) <= 2 * SHORT and (_PARKED.search(text) or any(map(_PARKED.search, names))):
        return State.REPLACED
    if _is_lure(reading):
        return State.REPLACED
    if not reading.published and any(map(_BLOCKED.match, names)):
        return State.BLOCKED
    if words <= SHORTEST * 2 and any(_CLOSED.match(name) for name in names):
        return State.UNREACHABLE
    if words <= SHORTEST and not stated and not reading.published:
        return _state_noted(reading)
    return State.PRESENT


def _state_noted(reading: Reading) -> State:
    """What a page of few words says in them: that it is not there, that it is kept, or that it is out of order."""
    said = _sentences(reading)
    if any(map(_NO_PAGE.match, said)):
        return State.SOFT_404
    if any(map(_LOG_IN_TO_SEE.search, said)) or (
        any(map(_LOG_IN_NAME.fullmatch, _titles(reading))) and any(map(_PASSWORD.search, _said_anywhere(reading)))
    ):
        return State.BLOCKED
    return State.UNREACHABLE if any(map(_CLOSED.match, said)) else State.PRESENT


def _titles(reading: Reading) -> Iterable[str]:
    """The parts of a page's title, and its first heading."""
    headings = [reading.text_of(block) for block in reading.blocks if block.kind == "heading" and block.level == "main"]
    return map(_bare, (*_PARTS.split(reading.title or ""), *headings[:1]))


def _is_empty(reading: Reading) -> bool:
    """Whether a page has neither words nor links nor pictures, and no title but its host's name: a parking page that
    its scripts fill, or the beginning of an answer that failed."""
    return not (reading.blocks or reading.links or reading.pictures) and (
        not reading.title or _is_named_after_host(reading)
    )


def _is_named_after_host(reading: Reading) -> bool:
    host = urlsplit(reading.url).hostname or ""
    return bool(host) and _bare(reading.title or "").removeprefix("www.") == host.removeprefix("www.")


def _names(reading: Reading, words: int) -> Iterable[str]:
    """The page's title without that of its site, and its headings, where they are no more than a name."""
    parts = [part for part in _PARTS.split(reading.title or "") if part]
    headings = [reading.text_of(block) for block in reading.blocks if block.kind == "heading" and block.level == "main"]
    first = [reading.text_of(block) for block in reading.blocks if block.level == "main"][:1]
    for text in (*parts, reading.title or "", *headings[:2], *first):
        name = _bare(text)
        if name and _count(name) <= words:
            yield name


def _notice(reading: Reading) -> str:
    """What a page says itself: its text up to a second heading, below which other pages are named."""
    said: list[str] = []
    headings = 0
    for block in reading.blocks:
        if block.level == "main":
            headings += block.kind == "heading"
            if headings > 1 and said[1:]:
                break
            said.append(reading.text_of(block))
    return "\n".join(said)


def _sentences(reading: Reading) -> list[str]:
    """The first sentences of a page's text; a block ends one."""
    blocks = (reading.text_of(block) for block in reading.blocks if block.level == "main")
    parts = (_bare(part) for block in blocks for part in _END.split(block))
    return [part for part in parts if part][:FIRST]


def _said_anywhere(reading: Reading) -> Iterable[str]:
    return (_form(reading.text_of(block)) for block in reading.blocks)


def _bare(text: str) -> str:
    return _form(text).strip(" .!,:;–—-…\"'«»()[]😕😞🙁")


def _is_lure(reading: Reading) -> bool:
    title = _form(reading.title or "")
    if not _LURES.search(title):
        return False
    found = [match.group(0) for match in _LURES.finditer(_form("\n".join(map(reading.text_of, reading.blocks))))]
    words = sum(_count(reading.text_of(block)) for block in reading.blocks)
    if len(set(found)) < 3:
        return False
    is_full = len(found) >= _LURED and len(found) >= 0.015 * words
    is_little = len(found) >= _LURED_IN_FEW and len(found) >= _LURED_OF_FEW * words
    return is_full or (is_little and any(map(_OFFERED.search, _said_anywhere(reading))))


def _form(text: str) -> str:
    return comparable(text).casefold().replace("ё", "е")


def _count(text: str) -> int:
    return sum(1 for _ in _WORD.finditer(text))


# --- by its page before -----------------------------------------------------------------------------------------------

_LETTERS: Final = 5
"""Letters of words that tell one text from another."""
_ENOUGH: Final = 20
"""Such words that a text has of which it can be said that another is wholly other."""
_BY_CHANCE: Final = 0.25
"""Part of the telling words of a text, at most, that a wholly other one has too. Of 470 ordered pairs of real pages
in one language that have nothing to do with each other it was 0.07 in the middle and 0.29 or less in 99 of 100; of two
pages of one site 0.36 or more."""
_COMMON: Final = 0.2
"""The same of the lines that stand around a text ("Home", "Search"): 0.13 or less in 9 of 10; of one site 0.5 and
more."""
_OWN_LINE: Final = 4
"""Words of a line that says more than such a word, and that another site does not have by chance."""
_FURNITURE: Final = 4
"""Blocks that stand around a text, at least, of which that can be said; links of its menu into the site."""
_LINKS: Final = 2
"""Links into the site that do as well, where less stands around the text: a menu in one row is one block."""


def is_replaced(before: Reading, after: Reading) -> bool:
    """Whether the later reading is of another page altogether, and nothing of the earlier one's is left.

    Words that any two texts share by chance, and a menu's "Home", are nothing of it.
    """
    old, new = _words(before), _words(after)
    if min(len(old), len(new)) < _ENOUGH or _shared(old, new) > _BY_CHANCE:
        return False
    old_side, new_side = _lines(before), _lines(after)
    old_links, new_links = _targets(before), _targets(after)
    around = len(old_side) >= _FURNITURE or (bool(old_side) and _into(before.url, old_links) >= _LINKS)
    if not around or _is_furnished_alike(old_side, new_side) or old_links & new_links:
        return False
    if _telling([before.title or ""]) & _telling([after.title or ""]):
        return False
    everything = _form(" ".join([after.title or "", *map(after.text_of, after.blocks)]))
    if any(name in everything for name in _site_names(before)):
        return False
    # another language of the site, given to whom it takes for a reader of that: its menu leads into the site
    return before.language == after.language or _into(after.url, new_links) < _FURNITURE


def _words(reading: Reading) -> set[str]:
    """The telling words of a page's text; of one that says little, such as a first page, what stands around it too."""
    words = _telling(reading.texts("main"))
    return words if len(words) >= _ENOUGH else words | _telling(reading.texts("side"))


def _is_furnished_alike(old: set[str], new: set[str]) -> bool:
    """Whether what stands around two texts is of one site: one line of it that is no common word, or many that are."""
    both = old & new
    return bool(both) and (_shared(old, new) > _COMMON or any(_count(line) >= _OWN_LINE for line in both))


def _into(url: str, links: Iterable[str]) -> int:
    """How many links lead to the page's own host."""
    own = urlsplit(url).netloc
    return sum(urlsplit(one).netloc == own for one in links)


def _telling(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in _WORD.findall(_form(text)) if len(word) >= _LETTERS}


def _shared(old: set[str], new: set[str]) -> float:
    return len(old & new) / min(len(old), len(new))


def _lines(reading: Reading) -> set[str]:
    return {_form(text) for text in reading.texts("side")}


def _site_names(reading: Reading) -> list[str]:
    parts = [_form(part) for part in _PARTS.split(reading.title or "")]
    return [part for part in parts[1:] if len(part) >= _LETTERS]


def _targets(reading: Reading) -> set[str]:
    """Where a page's links lead, the first pages of hosts aside."""
    return {link.target.partition("#")[0] for link in reading.links if urlsplit(link.target).path.strip("/")}


# --- by where a redirect leads ----------------------------------------------------------------------------------------


def is_home(target: str, source: str, site: SiteDefinition | None) -> bool:
    """Whether a redirect leads from a page to no page of its own: a site's first page, one of its lists."""
    if _is_root(source):
        return False
    return _is_root(target) or _is_listed(target, site)


def is_asked_to_log_in(target: str) -> bool:
    """Whether an address is one where visitors are asked for a password, or kept."""
    return _LOG_IN.search(urlsplit(target).path) is not None


def _is_root(url: str) -> bool:
    return _HOME.fullmatch(urlsplit(url).path) is not None


@lru_cache(4096)
def _is_listed(target: str, site: SiteDefinition | None) -> bool:
    if site is None:
        return False
    key = key_of(target, site)
    return kind_of(site, target) == "list" or any(key_of(url, site) == key for url in (*site.start[:1], *site.lists))
