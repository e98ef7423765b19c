"""What goes with what in the built-in grammar: verbs and nouns with their phrases, and the questions it asks.

What a preposition means depends on the kind of its object and on the verb or noun that it belongs to. Roles and
functions are named as in SNACS (Schneider et al. 2018): in `put it on the table` the phrase has the role Goal in its
scene, while the preposition itself says Locus, which is written `Goal~Locus` here.
"""

from typing import NamedTuple


class Phrase(NamedTuple):
    """A preposition, the kind of its object, the role it has then, and the function that the preposition marks."""

    preposition: str
    kind: str
    role: str
    function: str


class Frame(NamedTuple):
    """Verbs that behave alike: with their subject, their object (or None), and the phrases that belong to them."""

    verbs: list
    subject: str
    object: str | None
    phrases: dict
    weight: int
    passive: bool


def phrases(text):
    """Read phrases (weight, prepositions, kind, role~function) between semicolons; returns {Phrase: weight}."""
    read = {}
    for entry in text.split(";") if text else []:
        weight, prepositions, kind, role = entry.split()
        role, _, function = role.partition("~")
        read |= {Phrase(p, kind, role, function or role): int(weight) for p in prepositions.split("/")}
    return read


def frame(weight, verbs, subject, object, text, passive=False):
    """Read a frame; it has a passive if somebody does something to something."""
    return Frame(verbs.split(), subject, object, phrases(text), weight, passive)


FRAMES = {
    "move": frame(9, "go walk run come travel hurry return march sail ride drive wander climb drift flee", "who", None,
        """5 to somewhere Goal; 2 to country Goal; 6 to anyone Goal; 2 into area Goal; 1 for city Goal;
        4 from somewhere Source; 1 from country Source; 2 through area Path; 2 over/across/along way Path;
        2 around building Path; 3 by vehicle Instrument; 4 with tool Accompanier; 2 with animal Accompanier;
        1 for span Duration; 4 in span Time; 1 like animal Manner"""),
    "put": frame(6, "put lay drop place hide hang throw leave set bury push toss", "who", "thing",
        """6 in container Goal~Locus; 6 on surface Goal~Locus; 2 under surface Goal~Locus; 1 over surface Goal~Locus;
        1 behind building Goal~Locus; 2 into container Goal; 1 at creature Goal""", passive=True),
    "see": frame(6, "see watch find notice spot observe admire photograph study recognize examine", "who", "sight",
        """4 with lens Instrument; 1 through lens Instrument~Path; 2 in area Locus; 2 on surface Locus;
        2 from building Source; 1 for span Duration""", passive=True),
    "mend": frame(6, "cut repair break clean open hit polish mark paint wash scratch hammer shape dry lift", "who",
        "ware", "8 with tool Instrument; 2 for anyone Beneficiary; 1 for firm Beneficiary; 2 in span Duration",
        passive=True),
    "build": frame(4, "build design paint restore plan guard finish", "who", "building",
        """3 for anyone Beneficiary; 3 for firm Beneficiary; 3 in span Duration; 2 with tool Instrument;
        1 along way Locus""", passive=True),
    "cook": frame(4, "cook eat bake serve prepare cut taste warm share", "who", "meal",
        """3 for anyone Beneficiary; 2 for team Beneficiary; 3 with kitchen Instrument; 2 from container Source;
        1 in span Duration; 1 with drink Accompanier""", passive=True),
    "give": frame(6, "give send show sell lend bring hand offer throw pass mail return", "who", "goods",
        "7 to anyone Recipient~Goal; 2 to firm Recipient~Goal; 2 to city Goal; 1 by vehicle Instrument"),
    "get": frame(5, "buy take borrow steal get receive fetch order rent collect", "who", "goods",
        """4 from anyone Source; 2 from place Source; 1 from firm Source; 2 from container Source;
        4 for anyone Beneficiary""", passive=True),
    "talk": frame(8, "speak talk write think dream argue lecture hear sing complain joke whisper", "who", None,
        """5 about topic Topic; 3 about anyone Topic; 4 on topic Topic; 3 of topic Topic~Gestalt;
        1 of event Topic~Gestalt; 2 over topic Topic~Locus; 5 to anyone Recipient~Goal; 1 to firm Recipient~Goal;
        2 on stage Locus; 1 for span Duration"""),
    "serve": frame(5, "work play serve fight march train perform volunteer", "who", None,
        """5 for firm OrgRole~Beneficiary; 6 for anyone OrgRole~Beneficiary; 5 on/in team OrgRole~Locus;
        2 for span Duration; 1 with tool Instrument"""),
    "stay": frame(7, "live sleep sit wait stand rest stay lie hide rise dance kneel", "who", None,
        """5 in container Locus; 6 on surface Locus; 2 on vehicle Locus; 3 by/near way Locus; 2 by/beside anyone Locus;
        2 before anyone Locus; 2 under/behind building Locus; 2 over place Locus; 3 with anyone Accompanier;
        3 for span Duration"""),
    "hunt": frame(4, "chase hunt feed love follow catch milk fear kill ride train carry", "who", "creature",
        "3 through area Path; 2 across/over way Path; 2 with tool Instrument; 1 for span Duration", passive=True),
    "tend": frame(2, "feed milk tame ride saddle stroke groom", "who", "animal",
        "3 for anyone Beneficiary; 2 with tool Instrument; 1 for span Duration", passive=True),
    "write": frame(5, "write read print publish finish study translate discuss copy", "who", "work",
        """3 for anyone Beneficiary; 1 for firm Beneficiary; 3 to anyone Recipient~Goal; 2 in span Duration;
        1 on stage Locus""", passive=True),
    "visit": frame(3, "visit reach leave see know love paint find enter", "who", "somewhere",
        "3 by vehicle Instrument; 1 for span Duration", passive=True),
    "attend": frame(3, "win lose attend enjoy miss prepare plan celebrate describe", "who", "event",
        "2 for firm Beneficiary; 2 for anyone Beneficiary; 1 for span Duration", passive=True),
    "cross": frame(2, "cross walk climb follow watch dig block", "who", "way",
        "2 by vehicle Instrument; 1 in span Duration"),
    "own": frame(3, "have love want like need own keep", "who", "goods",
        "2 in container Locus; 2 on surface Locus; 1 for anyone Beneficiary"),
    "pay": frame(1, "pay lend owe offer", "who", "money", "3 to anyone Recipient~Goal; 1 for anyone Beneficiary"),
    "cost": frame(1, "cost", "thing", "money", "1 in city Locus"),
    "last": frame(1, "last continue", "event", None, "4 for span Duration; 1 until month Time; 1 at place Locus"),
    "begin": frame(1, "begin end happen start stop", "event", None,
        "2 in span Time; 2 at place Locus; 1 after event Time; 1 without anyone Accompanier"),
    "mean": frame(0, "mean", "term", None, ""),
    "cause": frame(1, "cause start end stop explain delay", "trouble", "event", "1 in city Locus"),
}  # fmt: skip
SPEECH = "say think know believe hope hear claim fear answer".split()  # with a clause
WISH = "want like hope try learn plan love refuse promise".split()  # with an infinitive
PARTICLES = dict(put="down", throw="away", take="out", bring="back", give="back", send="out", clean="up", hang="up",
    cut="down", lay="down", sit="down", stand="up", run="away", come="in", go="on", find="out")  # fmt: skip

# What any verb may take, what passives may, what perfects may, what nouns may.
ADJUNCTS = phrases("""
    5 in month Time; 3 in season Time; 2 in year Time; 5 on day Time; 4 at clock Time; 4 before/after event Time;
    2 during event Time; 2 by day Time; 2 until month Time; 1 over stretch Duration; 1 through stretch Duration~Path;
    9 in city Locus; 5 in country Locus; 6 at place Locus; 4 in area Locus; 2 near place Locus; 1 behind building Locus;
    7 with anyone Accompanier; 1 without anyone Accompanier; 8 with care Manner; 1 without care Manner;
    4 in mood Manner~Locus""")
AGENT = phrases("1 by anyone Agent")
SINCE = phrases("4 since month Time; 2 since event Time; 4 for span Duration")
OF_NOUNS = {kind: phrases(text) for kind, text in {
    "person": """3 with mark Characteristic~Accompanier; 2 of virtue Characteristic~Gestalt;
        2 in dress Characteristic~Locus; 2 from city Source; 1 from country Source; 2 in/on team OrgRole~Locus""",
    "building": """3 with part Characteristic~Accompanier; 3 of anyone Possessor~Gestalt; 2 in city Locus;
        1 near place Locus; 1 by way Locus""",
    "thing": "4 of anyone Possessor~Gestalt; 2 from city Source; 1 from anyone Source",
    "work": """4 about topic Topic; 3 on topic Topic; 2 of anyone Possessor~Gestalt; 2 by anyone Agent;
        1 about animal Topic; 1 for anyone Beneficiary""",
    "animal": "3 of anyone Possessor~Gestalt; 2 from place Source; 1 with mark Characteristic~Accompanier",
    "place": "4 of city Gestalt; 2 of country Gestalt; 2 near way Locus",
    "vehicle": "3 to city Goal; 2 from city Source; 2 of anyone Possessor~Gestalt",
    "event": "3 in city Locus; 2 of month Gestalt; 1 on day Time",
}.items()}  # fmt: skip


class Question(NamedTuple):
    """What is asked for, what it is in its clause, the frame of the clause or the noun it is about; and its type."""

    type: str
    asked: str
    slot: str
    about: str
    weight: int


def questions(text):
    """Read questions, one per line."""
    fields = (line.split() for line in text.strip().splitlines())
    return [Question(type, asked, slot, about, int(weight)) for weight, type, asked, slot, about in fields]


# Types are named as in TREC. Asked for is a wh-word, `which+kind` of a noun, or `how_long` and the like. The slot is a
# part of the clause, a preposition with its role, or `copula`, which asks what something is. `any`: of any frame.
QUESTIONS = questions("""
    3 HUM:ind     who              subject            any
    3 HUM:ind     which+person     subject            any
    3 HUM:ind     who              object             hunt
    2 HUM:ind     who              object             see
    3 HUM:gr      which+team       subject            attend
    3 HUM:gr      which+firm       for:OrgRole~Beneficiary  serve
    2 HUM:gr      which+firm       to:Recipient~Goal  give
    2 HUM:gr      which+team       in:OrgRole~Locus   serve
    4 LOC:city    which+town       object             visit
    3 LOC:city    which+town       in:Locus           any
    2 LOC:city    which+town       to:Goal            move
    3 LOC:city    what             copula             capital/city/town:of:country
    4 LOC:country which+land       object             visit
    3 LOC:country which+land       in:Locus           any
    2 LOC:country which+land       from:Source        move
    6 LOC:other   where            adverb             any
    2 LOC:other   which+spot       object             visit
    2 LOC:other   which+spot       in:Locus           any
    3 NUM:count   how_many+person  subject            any
    3 NUM:count   how_many+animal  object             hunt
    4 NUM:count   how_many+thing   object             get
    2 NUM:count   what             copula             population:of:country
    5 NUM:date    when             adverb             any
    3 NUM:date    which+date       in:Time            any
    2 NUM:date    what             copula             date/year/day:of:event
    4 NUM:period  how_long         adverb             last
    2 NUM:period  how_long         adverb             stay
    4 NUM:period  how_many+span    adverb             stay
    2 NUM:period  how_many+span    adverb             last
    2 NUM:dist    how_far          adverb             move
    5 NUM:dist    how_long         copula             way
    3 NUM:dist    how_many+mile    adverb             move
    2 NUM:dist    what             copula             length/height/width:of:way
    3 NUM:money   how_much         object             cost
    3 NUM:money   how_much         object             pay
    3 NUM:money   how_many+money   object             pay
    3 NUM:money   what             copula             price/cost/value:of:thing
    7 DESC:def    what             copula             concept
    3 DESC:def    what             object             mean
    6 DESC:reason why              adverb             any
    3 DESC:reason what             subject            cause
    6 DESC:manner how              adverb             any
    3 DESC:manner which+manner     in:Manner~Locus    any
    4 ENTY:animal which+beast      subject            hunt
    3 ENTY:animal which+beast      object             hunt
    3 ENTY:animal what             object             tend
    4 ENTY:food   what             object             cook
    4 ENTY:food   which+food       object             cook
""")
