"""Small words by which languages are known: the most frequent ones, and such as only one of a pair of languages has.

Written down from knowledge of the languages, from no corpus. A word may stand in several lists: it then tells these
from all others. What is written in two scripts is kept in one and turned into the other
(`pipelines.language_letters`).
"""

from __future__ import annotations

from typing import Final

WORDS: Final = {
    "af": ("die en van het is nie dat wat vir met hy sy ek ons hulle was om te op aan word sal kan ook maar deur wees"),
    "az": (
        "və bu bir ki ilə üçün olan o da də onun olaraq kimi daha görə sonra isə deyil edib edir etdi olub var yox"
        " hər bütün həm ya lakin amma ancaq çox az qədər tərəfindən haqqında barədə barəsində arasında üzrə ildə il"
        " məhkəmə həbs cinayət işi onu ona onlar biz siz mən sən bunu belə necə niyə nə kim hansı hansının bəzi"
        " digər başqa əgər çünki ölkə dövlət azadlıq hüquq hüququ insan öz idi etmək olmaq bildirib deyib tərəf yeni"
        " ilk son ən heç indi burada hazırda edilib olunub verilib azərbaycan müdafiə maddəsi qəbul edilən müraciət"
        " şəxs"
    ),
    "ba": (
        "һәм был бер менән өсөн ул булған тип буйынса кеше кешенең хоҡуҡ йәки ҙа ла ҡала уның беҙ һеҙ улар бөтә шул"
        " булып итеп итә ине башҡорт бар юҡ яңы күп тураһында аша һуң әле кәрәк дә лә тигән йыл йылда"
    ),
    "be": (
        "і у ў што на не з да як а за па гэта гэты гэтая гэтага гэтай гэтым ад для пра але ён яна яны яго яе іх мы"
        " вы я быў была было былі ці калі таксама толькі яшчэ ужо ўжо пасля паводле праз пры каб таго тым таму якія"
        " які якая якое якога якой якіх дзе тут там ёсць няма могуць можа трэба вельмі больш менш усё ўсё усе ўсе"
        " ўсіх сваё свой сваю свае сваіх гады год годзе гадоў годдзя беларусі беларускі беларускай беларускага турмы"
        " калоніі суд суда судзе зняволення пакарання затрымалі затрыманы палітвязень палітзняволены палітвязня"
        " людзей людзі чалавек чалавека права правоў артыкул артыкуле крымінальнага дзяржавы улады час часу дня ня"
        " бы ж жа сябе тое той тая над пад перад паміж без супраць адзін адна два хто якім ягоны ягоная ягонай іхні"
        " дый зь бяз сьвет сёньня спадар спадарыня вуліца вобласць вобласці раён"
    ),
    "bg": (
        "и на да се за от е в че с не по са ще като до при това си но или той тя те ние вие го му им ги ѝ бе беше"
        " бяха има няма който която което които след преди без през между върху под над към още вече само може"
        " трябва така тази този тези онзи тук там когато където как защо какво кой всички всеки всяка всяко много"
        " малко един една едно два две години година време съд съда съдът съдебен затвор затвора делото дело човек"
        " хора хората правото право държава държавата обществото българия български българска българската със във"
        " сме съм бъде бъдат били бил била било свои своя своето нас вас тях него нея ми ти ни ви пък ала обаче"
        " защото ако дали нито нищо никой част нещо днес сега първия първата според срещу относно чрез около заради"
        " също освен докато макар роден почина град града село община общината област население населението жители"
        " книга филм музика песен група отбор клуб лига свят света световен война войната век член партия президент"
        " правителство министър министерство първи втори нов нова ново стар голям голяма голямо малък жени деца дете"
        " майка баща жена мъж къща живот живота работа заедно винаги никога понякога частта адвокат прокуратурата"
        " присъда арест арестуван осъден обвинение повече най-много техния неговата нейната техните неговите каза"
        " заяви сред следва"
    ),
    "bs": (
        "i je u na se da su od za s sa kao ili koji koja koje ali biti bio bila bilo će nije gdje lijepo vrijeme općina"
    ),
    "ca": (
        "i de la el els les que en a per amb un una és no es del al dels als va ser són més com però aquest aquesta"
        " o si ha han seva seu molt també quan on entre sobre fins perquè anys any drets persona"
    ),
    "ce": (
        "а ду бу ву йу ю ца хьо со иза цо цу цуьнан цунна оцу долу йолу волу болу долчу хилла хилира хуьлу дара"
        " вара яра бара шен шайн вай тхан тхо шун уьш церан царна дуьйна тӏера тӏехь тӏе кхин цхьа шиъ кхоъ диъ пхиъ"
        " муха хӏун хӏинца хӏара хӏора массо массара нохчийн нохчий соьлжа гӏала гӏалахь шо шарахь шеран денна"
        " деношкахь бахьана бахьанехь санна аьлла элира бохуш олу тайпа дийцарехь кхело суд чохь чуьра арахь юкъахь"
        " юккъехь лелош делира дина дира дан хилар хила хилча делахь амма я ткъа мацах адам адамаш адаман бакъонаш"
        " бакъо пачхьалкхан пачхьалкх юьртахь кӏант йоӏ стаг нах зуда мила маца мичахь делла лаьцна лаьцначу набахти"
        " набахте хьалха тӏаьхьа дукха кӏезиг цигахь кхузахь оьрсийн махкахь мехкан дуьненан сов лахара цара"
    ),
    "crh": (
        "ve bu bir ki da de ile içün olğan dep edi edim ediler onıñ olarnıñ olar o biz siz men sen ne kim qırım"
        " qırımtatar qırımtatarlar tatar adamlar adam insan soñra evel kene daa eñ bar yoq deyil dane yılı yılda yıl"
        " künü kün kerek ola oldı olıp ötken etken eken bütün er qadar göre köre aqqında aqları aq tarafından içinde"
        " arasında birleşken cemaat maküme mahküm maküm apis apiske apshane tutqan tutulğan faal mında anda şimdi"
        " qasevet bergen aldı çıqtı kelgen ketti yerli ukümet devlet memleket ana vatan tili milliy alâ bile bilen"
        " ise amma lâkin ya yahut olmaq etmek em iç ep bazı çoq az yaşağan özüniñ oña onı olarnı olğanını dedi"
        " bildirdi"
    ),
    "cs": (
        "a v se na je že s z do i o k ve pro za by ale si po jako jsou od tak jeho které který která není také byl"
        " byla bylo nebo až už při být kdy jen podle před první roku lze když proti soud soudu lidé člověk právo"
        " práva své"
    ),
    "cv": (
        "тата та мар пулнӑ пек ку вӑл ҫак ҫын пур пулать ҫинче ӗнтӗ унӑн мӗн кашни ирӗк эпир пирӗн халӑх чӑваш хыҫҫӑн"
    ),
    "da": (
        "og i at det er en til af på med for der som ikke den har et de var blev men eller hans om kan efter også"
        " være skal enhver ret frihed han hun fra dette mod ved år mellem"
    ),
    "de": (
        "der die das und in den von zu dem mit sich des auf für ist im nicht ein eine als auch es an er hat aus bei"
        " wird sie nach am einer um wurde sind wie einem einen oder haben vom zum zur war werden nur noch über durch"
        " vor bis mehr so kann aber gegen unter ihre ihr sein seine seiner seinem wegen wenn keine diese dieser"
        " dieses diesem jahre jahr jahren ich wir man mich uns ihm ihn ihnen dass daß gericht urteil haft verurteilt"
        " gefängnis mensch menschen recht rechte zwischen sehr schon dann hier können muss was wer wo ob weil"
        " während seit ohne einige viele andere anderen"
    ),
    "en": (
        "the of and to in a is that for it as was with be by on not he i this are or his from at which but have an"
        " they you were her she him their has would what will there if can all who one had my we our your its about"
        " after been no do did may said when more than into up out other time some could them only new two also over"
        " because years year against before between during where how under while any most these those such then now"
        " first court prison sentence sentenced charged trial people human rights right case law letter letters help"
        " russian region street everyone shall district settlement village city colony building house republic penal"
        " correctional facility remand centre center avenue road st read me us so get got just very like make made"
        " should being both each does don't yet own off per"
    ),
    "eo": ("kaj la de en estas al por kun ne ke li ŝi ili mi vi ni pri el sed ĉiuj ĉiu rajtas rajton aŭ tio kiu kiuj"),
    "es": (
        "de la que el en y a los del se las por un para con no una su al lo como más pero sus le ya o este sí"
        " porque esta entre cuando muy sin sobre también me hasta hay donde quien desde todo nos durante todos uno"
        " ser fue era han derecho derechos persona años año es son está ha había"
    ),
    "et": (
        "ja on ei et ka see mis oli kui ta või oma aga selle kes nii veel ning tema siis seda nende üle välja"
        " pärast kohta mille juba olid ole olla saab ma me te nad sa meie teie kuid vaid sest nagu enne alates kuni"
        " poolt vastu aastal aasta aastat kohus kohtu vangi vangla inimene inimese inimeste õigus õigused õigust"
        " eesti iga kõik kõigi keegi midagi üks kaks kolm uue uus mitte peab võib tuleb ilma läbi juures peale"
        " ainult seal siin praegu tuli keda"
    ),
    "eu": (
        "eta da ez du bat ere dira hau izan dute den egin beste baina edo zen zuen honen guztiek eskubidea bere gizon"
    ),
    "fi": (
        "ja on ei se että oli myös hän kun ovat mutta tai joka hänen sen ole niin kuin vain mukaan jo sekä olla"
        " jossa jotka noin kuitenkin vuonna vuoden vuotta jälkeen kanssa ennen sitä ne he minä sinä me te tämä tässä"
        " tämän nämä nyt vielä kaikki kaikkien voi pitää oikeus oikeutta oikeuden jokaisella ihminen ihmisten suomen"
        " vankila vankeuteen tuomittiin oikeudessa ilman mitä miten missä koska jos ettei eikä olisi olivat ollut"
        " saa sai välillä aikana yli alle"
    ),
    "fr": (
        "de la le et les des en un du une que est pour qui dans par sur au plus pas il a ne se ce son avec sa ont"
        " aux ou cette été sont mais comme ses elle fait nous même leur deux aussi entre être après sans ces peut"
        " tout y bien où si on l d s n qu c j m je vous ils elles lui dont avait était leurs contre très ainsi sous"
        " depuis tous ans année années tribunal prison condamné peine droits droit homme personne avant encore moins"
        " autre autres toute toutes chez vers donc alors puis lors celui celle ceux fut faire dit"
    ),
    "fy": "de en fan it yn is in dat te mei foar op as net wurdt hja hy troch syn oan om ek mar binne",
    "ga": "agus an na ar a i is go le do ag ní bhí sé sí chun atá nó cé gach duine aige seo sin",
    "gl": "e de a o que en do da non un unha para os as con por se ao no na é como máis pero súa dereito todas",
    "hr": (
        "i je u na se da su od za s sa kao ili koji koja koje ali biti bio bila bilo će nije gdje lijepo vrijeme"
        " tko što općina prije poslije svijet svijeta čovjek čovjeka uvjet uvjeti tisuća tjedan siječnja veljače"
        " ožujka travnja svibnja lipnja srpnja kolovoza rujna listopada studenoga prosinca također sveučilište djeca"
        " dijete riječ mjesto cijeli ovdje negdje uvijek smije htjeti vidjeti nijedan povijest zrak kazalište"
        " sudjelovati sigurnost glazba"
    ),
    "hu": (
        "a az és hogy nem is egy ez volt de meg csak már el mint még van vagy ha ki azt kell után lehet sem minden"
        " által szerint akik aki amely ezt között majd pedig ember joga jog év évi"
    ),
    "id": (
        "yang dan di dari untuk dengan pada ini dalam tidak itu adalah akan oleh ke setiap orang berhak atau sebagai"
    ),
    "is": ("og að í á er sem við til um ekki en það hann var með fyrir af hefur hún þess eða frá eru allir maður"),
    "it": (
        "di e il la che in a per un è del non una con i si da le dei al come più della sono nel gli alla ha anche"
        " ma lo o se dal delle ad su questo nella suo dalla stato essere tra anni diritto individuo ogni degli l"
        " dell"
    ),
    "kk": (
        "және бұл мен бен пен үшін бір деп болып болды ол оның да де бар жоқ еді емес осы сол қазақ қазақстан"
        " республикасы сот соты бойынша туралы дейін кейін жылы жылғы жыл адам адамның адамдар құқығы құқықтары"
        " құқық барлық өз өзінің өте көп мемлекет мемлекеттік керек болған болатын еткен деген дейді айтты олар біз"
        " сіз мені оны оған сондай сияқты арқылы қарсы ретінде әр қандай кім не немесе бірақ егер жаңа екі үш ең"
        " ғана тек ал қай арасында кезінде бойы халық халқы жер тұр отыр жатыр алды берді қамауға түрме абақты үкім"
        " кісі соң бұрын тағы қазір ешкім бәрі үлкен сайын азаматы бостандығы бостандық қылмыстық"
    ),
    "ku": "û ku bi di de li ji ev ew bo her kes mafê xwe hemû an jî me wan da bûn hatin",
    "ky": (
        "жана бул менен үчүн бир деп болуп болду ал анын да де бар жок эле эмес ушул ошол кыргыз кыргызстан"
        " республикасы сот соту боюнча жөнүндө тууралуу чейин кийин жылы жылдын жыл адам адамдын адамдар укугу укук"
        " укуктары бардык өз өзүнүн өтө көп мамлекет мамлекеттик керек болгон боло турган деген айтты алар биз силер"
        " мен аны ага ошондой сыяктуу аркылуу каршы катары ар кандай ким эмне же бирок эгер жаңы эки үч эң гана"
        " арасында учурунда эл жер турат жатат болот алды берди камакка түрмө өкүм киши дагы азыр эч баары чоң сайын"
        " жатып эркиндик кылмыш иши соттун жолу кана ээ"
    ),
    "la": "et in est non ad ut cum qui quae quod sed ex per a ab de sunt esse pro ius omnes hominis",
    "lb": ("de d' an dat ass net mat fir vun den et en eng op och sech si hien dem zu huet all mënsch recht ouni oder"),
    "lt": (
        "ir yra kad į iš su ne tai buvo kaip bet jis jo už nuo po per o ar apie ji jų jie kuris kuri kurie tik dar"
        " prie dėl iki bei savo taip kai ta to tas tą šis ši šio šios šią jau gali būti buvęs metų metais metus"
        " lietuvos lietuva teismas teismo kalėjimo kalėjime žmogus žmogaus žmonių žmonės teisė teisę teises"
        " kiekvienas visi visų arba nėra man mes jūs aš tu mano jos čia ten kur pagal prieš tarp be vienas du kurių"
        " turi labai"
    ),
    "ltg": "i ir ka nu ar par voi da kai tys jis itei latgalīšu volūda sovu",
    "lv": (
        "un ir ka no ar par uz tas viņš viņa nav kas bija lai arī pēc bet gan vai to kā savu tika pie gada gadā"
        " gadu gadiem ja es mēs jūs viņi šo šī tiek būt būs var kur līdz tikai vēl jau ļoti pret starp bez dēļ kad"
        " jo nevar latvijas latvija tiesa tiesas tiesu cietuma cietumā cilvēks cilvēka cilvēku cilvēki tiesības"
        " tiesību ikviens ikvienam visi visu kurš kura kuri kuras vairāk viens divi savas sava savā tā tam tās tie"
        " šis šajā apsūdzēts"
    ),
    "mk": (
        "и на да се за од е во со не по што ќе како до при тоа но или тој таа тие ние вие го му им ги ја ѝ беше беа"
        " има нема кој која кое кои сѐ после пред без низ меѓу над под кон уште веќе само може треба така оваа овој"
        " овие ова тука таму кога каде зошто сите секој секоја секое многу малку еден една едно два две години"
        " година време суд судот судски затвор затворот случај човек луѓе луѓето право правото држава државата"
        " македонија македонски македонската сум сме бидат биде биле бил била било свои својот своето нас вас нив"
        " него неа ми ти ни ви ама бидејќи ако дали ниту ништо никој нешто денес сега прво според против преку околу"
        " поради исто освен додека меѓутоа односно врска дека ваква ваков истиот истата сака вели рече помеѓу потоа"
        " тогаш повеќе помалку најголем голем голема големо мал нов нова ново стар прв прва втор град градот село"
        " општина општината населението население жители област дел книга филм музика песна песни група тим игра"
        " играч клуб лига светот светско свет војна војната годините век векот роден почина член партија претседател"
        " влада владата премиер министер дете деца жена маж живот животот куќа работа заедно секогаш никогаш"
        " нејзиниот нивниот неговата нивната нејзината адвокат адвокатот обвинителството казна апсење уапсен осуден"
    ),
    "mn": (
        "нь бол юм энэ тэр гэж байна байсан болон хүн хүний эрх монгол улс улсын ба эсвэл мөн хувьд бүр дээр гэсэн он"
    ),
    "ms": (
        "yang dan di untuk dengan pada ini dalam tidak itu adalah oleh kepada setiap orang berhak atau sebagai telah"
    ),
    "mt": "u li ta il ma fil tal għal bħala huwa għandu kull jew hu minn bi dan hija lil dawn",
    "nl": (
        "de van het een en in is dat op te zijn met voor niet aan er om ook als dan maar bij of uit nog naar heeft"
        " hij ze wordt door over worden tot ik je zij hun werd deze dit geen die wat wel jaar recht ieder zich"
    ),
    "no": (
        "og i er det som på en av for til at med de den ikke har et om han var men fra seg vi kan ved blir eller"
        " etter ble være skal hun også enhver rett år mot dette hadde"
    ),
    "oc": "e de la lo los las que es per dins un una amb del dels al son sus pas coma tota persona dreit a o",
    "os": "ӕмӕ у нӕ уый йӕ сӕ куы ӕй дӕр уӕд цы ис адӕймаг адӕм бар хӕрд",
    "pl": (
        "i w na z się nie do to że jest o a za przez po od jak ale dla jego co tym są już tylko oraz ze czy był"
        " była było przed tego jej ich lub może być także między roku lat lata który która które którzy których"
        " którego przy pod nad bez jako jeszcze bardzo gdy gdzie kiedy więc więcej też on ona oni my wy ja mnie go"
        " mu ten ta te tej tych sobie swoje swój swoją swoich sąd sądu sądzie więzienia więzienie więzieniu wyrok"
        " skazany człowieka człowiek ludzie ludzi prawo prawa praw każdy każda wszyscy wszystko przeciwko podczas"
        " polski polska polskiej został została zostały ma mają miał sprawa sprawie we u jednak jeśli bo aby żeby"
        " kto nic dwa jeden"
    ),
    "pt": (
        "de a o que e do da em um para com não uma os no se na por mais as dos como mas ao ele das à seu sua ou"
        " quando muito nos já está eu também só pelo pela até isso ela entre era depois sem mesmo aos direito pessoa"
        " são foi anos"
    ),
    "ro": (
        "și şi de la în cu pe a nu că este un o din pentru care să mai se ce sunt au fost al ale ai are ca sau lui"
        " dar după prin fi ar dacă cum am între fără sub până când unde cel cea cei cele ei ele el ea noi voi eu"
        " acest această aceasta acestea aceste acestui acestor acesta acum doar foarte despre asupra împotriva anul"
        " ani anilor instanța judecătorie tribunalul închisoare condamnat persoană persoane oameni omului om drept"
        " dreptul drepturile românia moldova moldovei toate tot toți orice oricine fiecare nici chiar însă decât"
        " astfel iar le îl îi i-a s-a l-a n-a"
    ),
    "ro-Cyrl": (
        "ши де ла ын ку пе а ну кэ есте ун о дин пентру каре сэ май се че сынт ау фост ал але ай аре сау луй дар"
        " дупэ прин фи ар дакэ кум ам ынтре фэрэ суб пынэ кынд унде чел чя чей челе ей еле ел еа ной вой еу ачест"
        " ачастэ ачеста ачесте доар фоарте деспре асупра ымпотрива анул ань анилор оамень омулуй ом дрепт дрептул"
        " дрептуриле молдова тоате тот тоць орьче орьчине фиекаре ничь кяр ынсэ декыт астфел яр ле ымь ыл ый"
        " республичий нистрене молдовенеаскэ лимба персоанэ инструире"
    ),
    "ru": (
        "и в не на что с по как это он к но из за у о от для его а же вы мы я она они был была было были быть то"
        " все всё или если только еще ещё уже когда чтобы после также который которая которое которые которых"
        " которого под над перед при без через между до со во об так нет да бы ли их ей ему нас вас них него нее неё"
        " ним том этом этого этой этот эта эти эту может можно нужно надо очень более менее себя свой свою своей"
        " свои своих где там тут здесь почему потому кто чем тем тех год года году лет суд суда суде судья дело дела"
        " деле приговор человек людей люди право права прав россии российской области район город города улица"
        " колонии лишения свободы статья статьи уголовного обвинения против сейчас теперь время времени день дня"
        " стал стали больше два один одна каждый имеет сказал сообщил рассказал тоже даже ни ну будет будут есть"
    ),
    "sk": (
        "a v sa na je že s z do aj o k vo pre za by ale si po ako sú od tak jeho ktoré ktorý ktorá nie tiež bol"
        " bola bolo alebo až už pri byť keď len podľa pred prvý roku proti súd súdu ľudia človek právo práva svoje"
        " každý"
    ),
    "sl": (
        "in je v na se da so za s z ki pa po od pri kot ne tudi ter ali če bi bil bila bilo še že ga mu jih lahko"
        " kako vsak vsakdo pravico pravice leta leto sodišče zapor človek človekovih med pred brez svojo svoje"
    ),
    "so": "iyo waxaa ku in ka ee u uu oo ay la si waa qof kasta xaq leeyahay soomaaliya",
    "sq": (
        "dhe të e në i me për një që nga është së më u do nuk ka si por këtë kjo duke janë kishte gjithë çdo njeri"
        " drejtë"
    ),
    "sr": (
        "i je u na se da su od za sa ne što kao ili koji koja koje kojim kojem kojih ali bi bio bila bilo biti bili"
        " će nije nisu iz do po pri ovo to taj ta te tog tom ova ovaj ove oni one ono on ona mi vi ja ga mu im ih"
        " nju njega njen njegov njihov nas vas nakon posle pre bez kroz između nad pod prema još već samo može mora"
        " treba tako ovde tamo kada kad gde kako zašto svi sve svaki svako mnogo malo jedan jedna jedno dva dve"
        " godine godina godinu vreme sud suda sudu sudski zatvor zatvora slučaj čovek čoveka ljudi pravo prava"
        " država države srbija srbije srpski sam smo ste budu bude svoj svoje svoju svom jer ako li nego niti ništa"
        " niko nešto danas sada prvi protiv preko oko zbog takođe osim dok međutim odnosno zemlje reč mesto dete"
        " deca uvek celo nekoliko pošto lepo sme imao ima nema rekao kaže kazne kaznu osuđen osudio rođen rođena"
        " umro popisu stanovnika stanovništva naselje naselju opština opštini nalazi okrugu površina površini živi"
        " vek veku rat rata vojska grad grada gradu tokom početkom krajem iznosi imala postao postala naziv vrsta"
        " porodica porodice deo delu dela knjiga film muzika pesma pesme grupa tim klub liga svet sveta svetu"
        " svetski član partija predsednik vlada vlade život života kuća posao zajedno nikad nikada advokat"
        " tužilaštvo uhapšen uhapšena presuda velika veliki veliko mali nova novi novo star prva prvo drugi druge"
        " druga broj broja kojima kome čiji čija svih svim svakog vrlo najviše mogu moraju hteo htela bismo njihova"
        " njena njenu njegova njegove ovog ovom ovim tih onda iako ipak zato pa"
    ),
    "sv": (
        "och i att det som en på är av för med till den har de inte om ett han men var jag sig från vi så kan när"
        " hon ska skulle eller efter också blev vid hade under år mot alla rätt varje denna vara"
    ),
    "sw": "na ya wa kwa ni katika za la kuwa cha haki mtu kila au yake hii kama lakini",
    "tg": (
        "ва дар ба аз ки бо барои ин он аст ҳар буд шуд шуда мекунад кард карда кардан намуд намояд худ вай ӯ онҳо"
        " мо шумо ман ту то ё ҳам низ ҳама ҳеҷ чи чӣ кӣ агар вале аммо зеро пас баъд байни зери болои тоҷикистон"
        " тоҷик ҷумҳурии суд додгоҳ соли сол солҳои инсон шахс ҳуқуқ ҳуқуқи озодӣ озодии давлат давлати мардум одам"
        " кишвар шаҳри бояд метавонад дорад надорад нест будан мешавад шавад гуфт тибқи оид назди якум дигар ду се"
        " як бисёр танҳо ҳамин чунин чун рӯз рӯзи"
    ),
    "tk": (
        "we bu bir bilen üçin ol onuň hem da de bolan diýip diýen hukuk hukugy adam her ýa bar ýok däl ähli öz"
        " türkmenistan ýyl ýylda hakynda boýunça kazyýet edip edýär bolup bolar"
    ),
    "tl": "ang ng sa na mga ay at ni hindi may ito siya para kung nang bawat tao karapatan",
    "tr": (
        "ve bir bu da de için ile olarak olan ki çok daha gibi kadar sonra en o ne var yok değil ama ancak her"
        " bütün tarafından ya veya göre karşı ise oldu olduğu olduğunu etti ettiği edildi yıl yılında yıllık mahkeme"
        " mahkemesi hapis ceza cezası insan hak hakkı hakları hakkında arasında üzerine önce şu onun onu ona onlar"
        " biz siz ben sen diye dedi söyledi bunu böyle nasıl neden kim hangi bazı diğer başka eğer çünkü ülke devlet"
        " türkiye türk kendi idi etmek olmak şekilde yeni ilk son hiç şimdi burada içinde olup ederek"
    ),
    "tt": (
        "һәм бу бер белән өчен ул булган дип буенча кеше кешенең хокук хокукы яки да дә ла аның без сез алар бөтен"
        " шул шушы булып итеп итә иде татар татарстан казан бар юк яңа күп турында аша соң әле кирәк дигән ел елда"
        " елның елга мин син аны аңа мәхкәмә суд хөкем төрмә төрмәгә дәүләт гаеп барлык үз үзенең үзе һәр ничек"
        " кайда нәрсә кем нинди әмма ләкин чөнки әгәр эш эшли тора итте булды була түгел хәзер монда анда гына генә"
        " инде шулай бик ике өч ирек иреге каршы буларак арасында вакытта көн көнне җинаять"
    ),
    "uk": (
        "і в на не з у що та як до за від про це його для а й але він вона вони ми ви я її їх їм був була було були"
        " бути або якщо тільки лише ще вже коли щоб після також який яка яке які яких якого якої під над перед при"
        " без через між зі із зокрема так немає є ні би чи нас вас них нього неї цьому цього цієї цей ця ці цю може"
        " можна треба потрібно дуже більше менше себе свій свою своєї свої своїх де там тут чому тому хто чим тим"
        " тих рік року році років суд суду суді суддя справа справи справі вирок людина людини людей люди право"
        " права прав україни україні українських український української області район місто міста вулиця колонії"
        " позбавлення волі стаття статті кримінального проти зараз тепер час часу день дня став стали кожен кожна"
        " має мають сказав повідомив розповів теж навіть ж же буде будуть один одна два дві саме адже жодного росії"
        " російської"
    ),
    "uz": (
        "va bu bir bilan uchun o'z o'zining ham deb bo'lib bo'ldi u uning bor yo'q edi emas shu ushbu o'sha o'zbek"
        " o'zbekiston respublikasi sud sudi bo'yicha haqida to'g'risida gacha keyin so'ng yil yili yilda yilning"
        " inson insonning odam odamlar huquq huquqi huquqlari barcha juda ko'p davlat davlatning kerak bo'lgan"
        " bo'lishi bo'ladi qilgan qilish qildi degan dedi aytdi ular biz siz men sen uni unga kabi orqali qarshi"
        " sifatida har qanday kim nima yoki lekin ammo agar yangi ikki uch eng faqat esa orasida o'rtasida paytida"
        " davomida xalq yer turibdi oldi berdi qamoq qamoqqa jinoyat jinoiy hukm kishi yana hozir hech hamma katta"
        " ega erkinlik erkinligi nega mumkin lozim chunki"
    ),
    "vi": "và của là có được trong cho không một các với người những này khi để đã từ về quyền mọi",
}
