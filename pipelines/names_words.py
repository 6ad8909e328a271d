"""Words that begin with a capital and are no part of a person's name, and words that say what part a person plays.

Written down by hand from what stands beside names in reports on trials: institutions, places, titles, headline words.
"""

from __future__ import annotations

import re
from typing import Final


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


NO_NAME_LATIN: Final = _words(
    """
the a an and or of in on at by for from to with his her their its this that these those who what why how when where
is was are were has have had will would can could he she they we you it i if but as after before since during while
january february march april may june july august september october november december monday tuesday wednesday
thursday friday saturday sunday court courts judge justice prosecutor prosecutors lawyer lawyers attorney police
officer captain major colonel general lieutenant prison prisons prisoner prisoners colony colonies penal centre
center detention jail oblast region regional krai republic district city town village street str avenue prospekt
lane square house building office university institute school college academy hospital church cathedral monastery
airport station line river lake island sea bay mountain committee commission council ministry minister government
parliament duma senate party union federation state agency service bureau department administration directorate
organisation organization foundation fund society association club movement project group network legion army
forces navy guard battalion regiment brigade front centre channel newspaper magazine gazette gazeta news times post
journal radio television media press agency embassy consulate article part point section code law act constitution
chapter criminal case cases trial hearing verdict sentence appeal term political human rights international
national federal supreme constitutional military garrison municipal central russian russia ukraine ukrainian
belarus belarusian soviet european american german french polish crimean tatar chechen chechnya crimea moscow
petersburg saint st kyiv kiev minsk kharkiv odesa kazan siberia ural urals caucasus kremlin memorial amnesty watch
reuters telegram facebook instagram twitter youtube vkontakte google wikipedia new old great big free open first
second third two three four five six seven eight nine ten north south east west northern southern eastern western
upper lower lord prize award day night year years month photo collage source translated english photos video image
born address write letter letters send donate read more about contact subscribe share december's mr mrs ms dr prof
professor sir father mother brother sister president deputy governor mayor head chief director editor activist
journalist blogger artist poet writer student teacher scientist defendant convict suspect sentenced arrested
detained charged convicted released accused fined jailed died says said told asks calls medical doctor nurse
veteran former ex pre remand arms nation nations church orthodox christian jehovah jehovah's witness witnesses
muslim islamic hizb tahrir jamaat caliphate world war ii i iii iv peace nobel pro anti non
    """
)
"""In lower case; a name goes no further than such a word."""

NO_NAME_CYRILLIC: Final = _words(
    """
суд суда суде суду судья судьи прокурор прокуратура следователь следствие адвокат адвоката защитник полиция сизо ик
фку уфсин фсин гуфсин оик колония тюрьма изолятор область области край края республика республики район района
город улица улице проспект переулок площадь дом россия россии рф украина украины беларусь беларуси москва москвы
москве петербург статья статьи часть ук кодекс дело дела приговор срок апелляция кассация комитет комиссия совет
министр министерство правительство дума партия союз федерация организация фонд общество движение проект группа
армия газета радио мемориал телеграм фейсбук вконтакте январь февраль март апрель май июнь июль август сентябрь
октябрь ноябрь декабрь января февраля марта апреля мая июня июля августа сентября октября ноября декабря
понедельник вторник среда четверг пятница суббота воскресенье в на с по о об у к от из за до при и а но или как он
она они его ее её их мы вы это этот эта эти что кто где когда почему после перед также ранее позже теперь сейчас
сегодня вчера только даже если хотя россиянин россиянка житель жительница жителя активист активистка активиста
журналист журналистка журналиста блогер политик депутат учитель студент художник поэт писатель правозащитник бывший
экс задержан арестован осуждён осужден приговорён приговорен фигурант обвиняемый подсудимый политзаключённый
политзаключенный политзаключённого политзаключенного президент губернатор глава директор редактор профессор доктор
господин госпожа отец мать брат сестра сын дочь жена муж дата место адрес имя фамилия отчество год рождения фото
источник перевод письмо письма письмами суддя прокурорка слідчий захисник поліція колонія україни україна області
місто вулиця стаття вирок термін після він вона вони його її що хто де коли також раніше січня лютого березня
квітня травня червня липня серпня вересня жовтня листопада грудня журналіст журналістка активіст активістка
мешканець мешканка житель депутатка у й та до від із зі судзьдзя суддзя пракурор следчы адвакат абаронца міліцыя
калонія вобласць горад вуліца артыкул прысуд тэрмін пасля ён яна яны яго яе іх што хто дзе калі таксама раней
студзеня лютага сакавіка красавіка траўня чэрвеня ліпеня жніўня верасня кастрычніка лістапада снежня журналістка
журналіст актывіст актывістка палітвязень палітвязня палітзняволены жыхар жыхарка былы беларускі беларускай
украінскі російський російської російського русский российский российская российского российской верховный
областной районный городской военный центральный ленинский советский октябрьский верховного областного районного
городского военного центрального ленинского советского октябрьского окружной окружного
    """
)

OFFICIAL: Final = re.compile(
    r"(?:\b(?:judges?|justice|prosecutors?|investigators?|lawyers?|attorneys?|advocates?|counsel|barrister"
    r"|solicitor|ombuds\w+"
    r"|president|prime minister|minister|governor|mayor|senator|spokes\w+|officers?|colonel|major|general"
    r"|captain|lieutenant"
    r"|policem[ae]n|informers?|informants?|witness(?:es)?|experts?|linguists?|denouncers?|complainants?"
    r"|victims?|wardens?"
    r"|photo(?:s|graph)?(?: by)?|photographer|collage|translat\w+(?: by)?|editor|interviewer|researcher|chair\w*"
    r"|headed by|presided by|led by|named after|text by|by)"
    r"|\b(?:судь[яиеёю]\w*|прокурор\w*|следовател\w+|адвокат\w*|защитни[кц]\w*|президент\w*|министр\w*"
    r"|губернатор\w*|мэр\w*"
    r"|омбудсмен\w*|полковник\w*|майор\w*|генерал\w*|капитан\w*|лейтенант\w*|оперуполномоченн\w+|оперативник\w*"
    r"|сотрудни[кц]\w*"
    r"|свидетел\w+|эксперт\w*|лингвист\w*|потерпевш\w+|доносчи[кц]\w*|заявител\w+|уполномоченн\w+|фото\w*"
    r"|перевод\w*|глав[аыеу]"
    r"|жалоб[аеуы]|донос\w*|заявлени[юяе]|показани\w+|скарг\w+|скарз\w+|данос\w*|complaints? (?:by|of|from)"
    r"|denunciations? (?:by|of)|testimony of"
    r"|testimony|председател\w+|начальник\w*|имени|им\.|под руководством|под председательством"
    r"|судд[яіею]\w*|слідч\w+|захисни[кц]\w*|міністр\w*|свід[ок]\w+|експерт\w*|потерпіл\w+|голов[аиуі]|начальни[кц]\w*"
    r"|су(?:ддз|дзьдз)[яіюё]\w*|пракурор\w*|сь?ледч\w+|адвакат\w*|абаронц\w*|прэзідэнт\w*|сь?ведк\w*|эксперт\w*|начальнік\w*|старшын\w*"
    r"|кіраўнік\w*))"
    r"(?P<gap>(?:[\s,:«\"(–-]+[\w.-]+){0,3}?[\s,:«\"(–-]*)\Z",
    re.IGNORECASE,
)
"""Before a name: somebody who acts in the case and is not its subject."""

RELATIVE: Final = re.compile(
    r"\b(?:wife|husband|mother|father|parents?|brother|sister|son|daughter|friends?|colleagues?|partner"
    r"|girlfriend|boyfriend"
    r"|fianc[eé]e?|widow|uncle|aunt|cousin|grand\w+|neighbou?rs?|classmates?|cellmates?|acquaintances?|supporters?"
    r"|жен[аыеуой]{1,2}|муж\w{0,3}|супруг\w*|мат[ьи]|матер\w+|мам[аыеу]|отц\w+|отец|брат\w{0,3}|сестр\w+"
    r"|сын\w{0,3}|дочер\w+|дочь"
    r"|друг\w{0,3}|подруг\w+|коллег\w+|знаком\w+|сосед\w*|вдов\w+|дяд\w+|тет\w+|тёт\w+|бабушк\w+|дедушк\w+|сокамерни\w+"
    r"|дружин\w+|чолові[кч]\w*|мат[иі]р?\w*|бать?к\w+|син\w{0,3}|доньк\w+|дочк\w+|колег\w+|подруг\w+|сусід\w*"
    r"|жонк\w+|маці|бацьк\w+|брат\w*|сястр\w+|сын\w*|дачк\w+|сябар|сябр\w+|калег\w+)"
    r"(?P<gap>(?:[\s,:(–-]+[\w.-]+){0,2}?[\s,:(–-]*)\Z",
    re.IGNORECASE,
)
"""Before a name: somebody close to another person of the text."""

NO_APPOSITION: Final = re.compile(
    r"\b(?:of|for|to|from|with|that|against|by|in|и|об?|что|на|у|для|с|і|про|та)\b|(?:ed|says?|said|told|has"
    r"|had|wants?|[аеиояу]л[аио]?|[аеиу]ет|[аи]т|[аую]ют|[аіиеу]в|[аіиу]ла|аў|іў)\s",
    re.IGNORECASE,
)
"""Between such a word and a name: the name is not of that person ("lawyer of X", "the judge asked X")."""

NOMINATIVE_ROLE: Final = re.compile(
    r"\b(?:судья|прокурор|следователь|адвокат|защитник|защитница|эксперт|свидетель|президент|губернатор"
    r"|начальник|сотрудник|жена|муж|супруга?|мать|мама|отец|брат"
    r"|сестра|сын|дочь|друг|подруга|коллега|сосед|соседка|вдова|знакомый|знакомая|сокамерник|суддя|слідчий"
    r"|захисник|свідок|дружина|чоловік|мати|батько"
    r"|син|донька|дочка|колега|суддзя|пракурор|следчы|адвакат|абаронца|жонка|маці|бацька|сястра|дачка|сябар"
    r"|сяброўка|калега)\b",
    re.IGNORECASE,
)
"""In the nominative: a name behind it in another case is whose lawyer or wife that is."""

AFTER_OFFICIAL: Final = re.compile(
    r"[\s,(–—-]{1,3}(?:(?:the|his|her|their|a|an)\s+)?(?:[\w’']+\s+){0,2}?(?:lawyer|attorney|judge|prosecutor"
    r"|investigator|defence counsel"
    r"|wife|husband|mother|father|brother|sister|spokes\w+|informer|expert|адвокат|защитник|защитница|судья"
    r"|прокурор|следователь"
    r"|жена|муж|мать|отец|брат|сестра|эксперт|свидетель|суддя|захисник|слідчий|дружина|матір|суддзя|пракурор"
    r"|жонка|маці)\b",
    re.IGNORECASE,
)
"""After a name: the same in apposition."""

PLACES_LATIN: Final = _words(
    """
kirov rostov saratov tambov pskov azov lvov lviv chernigov kharkov kharkiv serpukhov dmitrov sverdlov berlin dublin
lublin krakow kiev kyiv donskoy kaliningrad kremlin kirovsky leninsky oktyabrsky sovetsky presnensky basmanny
meshchansky tverskoy nikulinsky zamoskvoretsky dorogomilovsky tushinsky golovinsky novgorod ivanovo kemerovo
odintsovo domodedovo pushkino sheremetyevo vnukovo lefortovo butyrka matrosskaya baltic dzerzhinsky pervomaysky
zavodskoy moskovsky frunzensky kyivskyi shevchenkivskyi khamovnichesky gagarinsky perovsky lyublinsky
preobrazhensky babushkinsky ostankinsky simonovsky
"""
)
"""Places and courts that end as surnames do: with an unknown word before them they make no person."""
