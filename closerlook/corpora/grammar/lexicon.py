"""The words of the built-in grammar: nouns by kind, adjectives, adverbs, and how nouns and verbs change their form.

Within a list, a word's frequency falls with its rank, as in Zipf's law. Many forms stand in several lists (`plant`,
`watch`, `light`, `march`, `saw`), so that a word's class shows only in its sentence.
"""

import re

_NOUNS = {
    "person": """man woman child teacher farmer doctor friend king girl boy student soldier neighbour painter sailor
        nurse judge baker poet queen writer lawyer driver guest hunter cook guard thief singer clerk priest merchant
        uncle aunt brother sister prince stranger servant engineer gardener actor dancer miner shepherd pilot tailor
        butcher carpenter fisherman widow scholar captain mayor minister librarian musician chemist""",
    "name": """Anna Tom Maria Peter Will Sarah John Clara Paul Emma Mark Rose Henry Julia Oscar Laura Simon Nora Felix
        Alice Hugo Ella Victor Helen Ivan Greta Leo Martha Otto Sophie Frank Grace May Jack Irene""",
    "surname": "Berg Silva Novak Moreau Klein Rossi Lund Ferrara Baker Cook Hunter Weiss Young Wolf",
    "animal": """dog cat horse bird cow fish wolf sheep fox goat bear rabbit duck mouse lion pig goose donkey eagle hen
        camel frog deer owl monkey tiger snake rat swan otter parrot elephant crow mule""",
    "city": """Paris London Berlin Rome Vienna Madrid Oslo Prague Lisbon Dublin Athens Cairo Moscow Boston Chicago Milan
        Naples Geneva Hamburg Warsaw Budapest Seville Bergen Toronto Lima Delhi Tokyo Krakow Porto Turin Zagreb""",
    "country": """France Italy Spain Norway Germany Greece Poland Egypt Russia Ireland Portugal Austria Sweden Canada
        India China Japan Peru Brazil Kenya Chile Hungary Finland Turkey Iceland Morocco""",
    "place": """village school market station church castle farm museum hotel shop library harbour hospital bank palace
        theatre factory inn mill court university tower bakery airport prison monastery office""",
    "area": "garden forest field park valley street square desert meadow yard swamp orchard vineyard jungle snow",
    "way": "river road bridge lake coast canal path stream shore wall fence hill mountain",
    "surface": "table floor shelf chair bench desk bed roof stage carpet plate counter sofa",
    "container": "box bag drawer basket cupboard jar pocket bucket trunk chest crate barrel can",
    "thing": """book letter cup ring ball hat coin watch picture lamp key shirt clock plate flower toy map coat vase
        candle bell blanket stone card doll mirror drum ticket plant umbrella kite statue parcel""",
    "dress": "coat hat shirt uniform cloak dress gown mask suit scarf",
    "tool": """knife hammer axe rope brush saw needle spade stick shovel hook ladder net file chisel drill razor rake
        spear sponge wrench torch iron""",
    "kitchen": "knife spoon fork pan pot ladle spatula whisk",
    "lens": "telescope camera lens microscope glass periscope",
    "vehicle": "train car boat bus ship bicycle cart plane ferry truck sledge taxi",
    "building": "house bridge wall tower cottage school boat church hut mill stable ship barn palace road",
    "work": """book story letter song poem film play speech report lecture article novel essay opera talk ballad diary
        sermon""",
    "dish": "bread cake soup apple cheese meat rice pie egg fruit salad stew fish pear bean pudding onion carrot",
    "drink": "water tea milk coffee wine beer juice cider",
    "topic": """war history music weather money science trade law love art politics religion death justice medicine
        freedom education work peace philosophy economy geography chemistry""",
    "event": """dinner lunch war wedding game storm meeting concert festival breakfast exam journey funeral battle feast
        match trial election dance harvest flood strike parade""",
    "trouble": "fever plague accident fire mistake delay quarrel explosion disease revolution famine crisis",
    "team": "team army band crew orchestra board committee council club staff choir jury",
    "firm": "bank company newspaper team council university ministry railway hospital museum union bakery firm",
    "stage": "stage radio square television platform steps",
    "care": "care joy skill pride patience courage pleasure difficulty grace anger passion enthusiasm ease caution",
    "mood": "hurry silence secret anger panic haste tears rage peace despair fear private whisper earnest",
    "virtue": "courage honour wisdom talent patience faith taste wealth genius influence",
    "mark": "beard smile scar limp hat voice stick temper accent wound moustache tattoo",
    "part": "garden roof door window cellar chimney tower balcony stable fountain terrace",
    "month": "June May March January April July August October September December November February",
    "season": "summer winter spring autumn",
    "day": "Monday Sunday Friday Saturday Tuesday Thursday Wednesday",
    "clock": "noon night midnight dawn sunrise sunset dusk",
    "stretch": "summer winter weekend night war",
    "span": "hour day year week minute month",
    "concept": """comet prism glacier volcano planet molecule sonnet parable eclipse fossil monsoon dynasty tariff
        theorem nebula quasar enzyme virus ballad fjord geyser pulsar embargo mortgage metaphor cathedral peninsula
        sundial compass tornado treaty senate harpsichord atom lagoon satellite""",
    "money": "coin dollar pound penny crown",
    "mile": "mile metre step kilometre",
    "town": "city town capital port resort",
    "land": "country nation kingdom land state republic",
    "spot": "island lake mountain river street continent region place building",
    "date": "year month day century season week decade",
    "beast": "animal bird pet creature beast insect mammal",
    "food": "fruit dish food dessert vegetable drink cheese meal",
    "manner": "way manner fashion style",
}
NOUNS = {kind: words.split() for kind, words in _NOUNS.items()}
MIXED = {  # kinds, with the odds of each
    "who": {"person": 5, "name": 3, "pronoun": 3},
    "anyone": {"person": 5, "name": 3},
    "creature": {"person": 2, "animal": 3},
    "somewhere": {"city": 3, "place": 4},
    "goods": {"thing": 5, "tool": 2, "work": 1, "drink": 1, "dish": 1},
    "meal": {"dish": 4, "drink": 2},
    "sight": {"person": 3, "animal": 3, "building": 2, "way": 1, "name": 1, "vehicle": 1},
    "ware": {"thing": 4, "building": 2, "vehicle": 2, "tool": 1},
}
COUNTED = {"span", "money", "mile"}  # kinds with a number before them
PROPER = {"name", "city", "country", "month", "day"}  # kinds of names
BARE = {"topic", "care", "mood", "virtue", "clock", "season"}  # kinds without article or plural
MASS = set("bread soup cheese meat rice fruit salad stew pudding snow".split()) | {*NOUNS["drink"]}
GIVEN = {"economy", "weather", "law"}  # topics with `the`
MOMENTS = {"hurry", "rage", "whisper"}  # moods with `a`

_OF_PEOPLE = """old young tall kind rich poor brave tired clever famous happy proud honest lonely quiet angry sick wise
    strange lazy hungry careful cruel blind""".split()
_OF_THINGS = """old small red heavy new broken white cheap blue beautiful light wooden black empty green strange round
    precious yellow clean dirty golden plain silver thin""".split()
_OF_PLACES = "old small large quiet dark famous narrow busy empty cold beautiful distant wide green lonely warm".split()
ADJECTIVES = {
    **dict.fromkeys(("person", "animal"), _OF_PEOPLE),
    **dict.fromkeys(("place", "area", "way", "building", "firm", "team"), _OF_PLACES),
    **dict.fromkeys("thing tool surface container vehicle part lens dress kitchen".split(), _OF_THINGS),
    "work": "long short new famous sad old strange clever beautiful boring popular brilliant early late".split(),
    "dish": "warm fresh cold sweet dry good bitter hot sour".split(),
    "drink": "cold hot warm sweet fresh strong bitter".split(),
    "event": "long great terrible last first short famous sudden royal".split(),
    "care": "great little much enormous obvious".split(),
    "virtue": "great rare true".split(),
    "mark": "long big strange loud quick dark".split(),
    "span": "long short whole full".split(),
}
NUMBERS = "two three five ten four seven six twenty eight twelve fifty nine".split()
PRONOUNS = {"he": "him", "she": "her", "they": "them", "it": "it", "we": "us", "I": "me"}  # as object
OWNERS = "his her their my our your".split()
ARTICLES = "a a this that every another".split()
ADVERBS = "slowly often quickly never always quietly soon suddenly gladly rarely carefully finally already".split()
LATE = "early late again before fast there hard together alone everywhere twice today back here".split()

DEGREES = "very rather quite so".split()
STUFFS = "stone wood fish iron winter flower war summer water light silver".split()
COMPOUNDING = {"place", "building", "part", "surface"}  # kinds that one of these may stand before
MODALS = "can may must should could might would".split()
SUBORDINATORS = "because when before after since while although until if as".split()
CRIES = "oh well yes no alas indeed".split()

_PLURALS = dict(man="men", woman="women", child="children", mouse="mice", goose="geese", wolf="wolves", knife="knives",
    shelf="shelves", fish="fish", sheep="sheep", deer="deer", thief="thieves", fisherman="fishermen", staff="staff",
    steps="steps", penny="pence")  # fmt: skip
_IRREGULAR = """
    be:was:been bear:bore:born begin:began:begun break:broke:broken bring:brought build:built buy:bought catch:caught
    come:came:come cost:cost cut:cut dig:dug do:did:done drink:drank:drunk drive:drove:driven eat:ate:eaten feed:fed
    fight:fought find:found flee:fled get:got give:gave:given go:went:gone hang:hung have:had hear:heard
    hide:hid:hidden hit:hit keep:kept know:knew:known kneel:knelt lay:laid leave:left lend:lent lie:lay:lain lose:lost
    make:made mean:meant pay:paid put:put read:read rent:rented ride:rode:ridden rise:rose:risen run:ran:run say:said
    see:saw:seen sell:sold send:sent set:set show:showed:shown sing:sang:sung sit:sat sleep:slept speak:spoke:spoken
    stand:stood steal:stole:stolen take:took:taken tell:told think:thought throw:threw:thrown wear:wore:worn win:won
    write:wrote:written"""
_VERBS = {verb: forms for verb, *forms in (entry.split(":") for entry in _IRREGULAR.split())}  # past, and participle
_DOUBLE = set("stop drop run put cut hit set sit get win plan begin spot chop dig".split())


def article(after):
    """Return `a` or `an`, as the next word asks for."""
    return "an" if re.match("[aeio]|u(?!ni)|hour|honest", after) else "a"


def plural(noun):
    """Return the plural of a noun."""
    return _PLURALS.get(noun) or _ending(noun, "s")


def inflect(verb, form):
    """Return a verb's `base`, `third` (person singular), `past`, `participle` or `ing` form."""
    if form == "base":
        return verb
    if form == "third":
        return {"be": "is", "have": "has"}.get(verb) or _ending(verb, "s")
    if form == "ing":
        silent = verb.endswith("e") and not verb.endswith(("ee", "be"))
        return {"lie": "lying"}.get(verb) or (verb[:-1] if silent else _doubled(verb)) + "ing"
    if verb in _VERBS:
        return _VERBS[verb][-1 if form == "participle" else 0]
    return _ending(_doubled(verb), "ed")


def _doubled(verb):
    return verb + verb[-1] if verb in _DOUBLE else verb


def _ending(word, ending):
    if word.endswith("y") and word[-2] not in "aeou":
        return word[:-1] + "i" + ending.rjust(2, "e")
    if ending == "ed":
        return word + ("d" if word.endswith("e") else "ed")
    return word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) or word in ("go", "do") else "s")
