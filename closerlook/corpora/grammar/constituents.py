"""Noun phrases, prepositional phrases, verbs and clauses of the built-in grammar."""

import random
from functools import lru_cache
from itertools import accumulate

from closerlook.corpora.grammar import frames
from closerlook.corpora.grammar import lexicon as lex
from closerlook.corpora.grammar.frames import ADJUNCTS, FRAMES
from closerlook.corpora.grammar.trees import Node

TENSES = {  # the odds, the form of the first verb, and helping verbs with the form that each asks of the next
    "past": (10, "past", []),
    "present": (3, "present", []),
    "perfect": (2, "present", [("have", "participle")]),
    "pluperfect": (1, "past", [("have", "participle")]),
    "progressive": (2, "past", [("be", "ing")]),
    "future": (1, "present", [("will", "base")]),
    "modal": (1, "present", [("MODAL", "base")]),
    "denied": (1, "past", [("do", "base")]),
}


@lru_cache
def _zipf(n):
    """Cumulated odds of n words, which fall with the rank."""
    return list(accumulate(1 / (rank + 2) for rank in range(n)))


def finite(lemma, form, number):
    """Inflect a verb; `present`, and the past of `be`, agree with the subject's number (`sg`, `pl`, `I`)."""
    if lemma == "be" and form in ("present", "past"):
        return {"present": {"I": "am", "sg": "is", "pl": "are"}, "past": {"pl": "were"}}[form].get(number, "was")
    if form == "present":
        form = "third" if number == "sg" and lemma != "will" and lemma not in lex.MODALS else "base"
    return lex.inflect(lemma, form)


class Constituents:
    """Writes the parts of sentences as trees.

    Parameters
    ----------
    seed : int or str
    """

    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, p):
        """Draw True with probability p."""
        return self.random.random() < p

    def draw(self, odds):
        """Draw a key of {key: odds}."""
        return self.random.choices(list(odds), list(odds.values()))[0]

    def word(self, words, upos=None):
        """Draw a word of a list, the first ones more often; as a Node if its tag is given."""
        word = self.random.choices(words, cum_weights=_zipf(len(words)))[0]
        return Node(word, upos) if upos else word

    # Nouns and their phrases

    def noun(self, kind, subject=False, depth=0):
        """Write a noun phrase of a kind; the deeper inside another one, the shorter."""
        while kind in lex.MIXED:
            kind = self.draw(lex.MIXED[kind])
        if kind == "pronoun":
            word = self.word(list(lex.PRONOUNS))
            number = {"I": "I", "we": "pl", "they": "pl"}.get(word, "sg")
            return Node(word if subject else lex.PRONOUNS[word], "PRON", word, number=number)
        if kind == "year":
            return Node(str(self.random.randint(1980, 1999)), "NUM")
        if kind == "term":
            term = self.word(["word", "term"], "NOUN").before(("det", Node("the", "DET")))
            return term.after(("appos", self.word(lex.NOUNS["concept"], "NOUN")))
        if kind in lex.PROPER:
            name = self.word(lex.NOUNS[kind], "PROPN")
            full = kind == "name" and self.chance(0.15)
            return name.after(("flat", self.word(lex.NOUNS["surname"], "PROPN"))) if full else name
        return self.common(kind, subject, depth)

    def common(self, kind, subject, depth):
        """Write a common noun with what belongs to it."""
        lemma = self.word(lex.NOUNS[kind])
        bare = kind in lex.BARE or lemma in lex.MASS
        many = not bare and kind != "stretch" and self.chance(0.75 if kind in lex.COUNTED else 0.2)
        number = "pl" if many else "sg"
        noun = Node(lex.plural(lemma) if many else lemma, "NOUN", lemma, number=number)
        noun.before(*(self.mass if bare else self.determiner)(kind, lemma, many, depth))
        if kind in lex.ADJECTIVES and self.chance(0.25):
            degree = [("advmod", self.word(lex.DEGREES, "ADV"))] if self.chance(0.15) else []
            noun.before(("amod", self.word(lex.ADJECTIVES[kind], "ADJ").before(*degree)))
        if kind in lex.COMPOUNDING and self.chance(0.1):
            noun.before(("compound", self.word(lex.STUFFS, "NOUN")))
        owned = any(relation == "nmod:poss" for relation, _ in noun.left)
        if kind in frames.OF_NOUNS and not owned and self.chance(0.07 if depth else 0.2):
            noun.after(("nmod", self.phrase(self.draw(frames.OF_NOUNS[kind]), depth + 1)))
        elif kind == "person" and subject and self.chance(0.06):
            verb = self.verb(self.frame("who"), "past", room=1)
            noun.after(("acl:relcl", verb.before(("nsubj", self.word(["who", "that"], "PRON")))))
        elif depth == 0 and self.chance(0.05):
            other = self.noun(kind, depth=1).first(("cc", self.word(["and", "or"], "CCONJ")))
            noun.after(("conj", other)).number = "pl"
        return noun

    def indefinite(self, kind, number="sg"):
        """Write a noun that is new: `a comet`, `two comets`."""
        lemma = self.word(lex.NOUNS[kind])
        noun = Node(lemma if number == "sg" else lex.plural(lemma), "NOUN", lemma, number=number)
        noun.before(("det", Node("a", "DET")) if number == "sg" else ("nummod", self.word(lex.NUMBERS, "NUM")))
        if kind in lex.ADJECTIVES and self.chance(0.2):
            noun.before(("amod", self.word(lex.ADJECTIVES[kind], "ADJ")))
        return noun

    def mass(self, kind, lemma, many, depth):
        """Write what stands before a noun that needs nothing: `in silence`, `in a hurry`, `the bread`."""
        the = lemma in lex.GIVEN or self.chance({"season": 0.3, "dish": 0.5, "drink": 0.5}.get(kind, 0))
        form = "the" if the else "a" if lemma in lex.MOMENTS else None
        return [("det", Node(form, "DET"))] if form else []

    def determiner(self, kind, lemma, many, depth):
        """Write what stands before a noun: an article, a number, or an owner."""
        if many and self.chance(0.8 if kind in lex.COUNTED else 0.3):
            return [("nummod", self.word(lex.NUMBERS, "NUM"))]
        if kind in lex.COUNTED:
            return [("amod", self.word(["many", "several"], "ADJ")) if many else ("det", Node("a", "DET"))]
        if kind == "stretch" or self.chance(0.55):
            return [("det", Node("the", "DET"))]
        if self.chance(0.5):
            return [("det", self.word(["these", "some", "those", "all"] if many else lex.ARTICLES, "DET"))]
        if depth or self.chance(0.6):
            return [("nmod:poss", self.word(lex.OWNERS, "PRON"))]
        return [("nmod:poss", self.noun("name", depth=2).after(("case", Node("'s", "PART"))))]

    def phrase(self, phrase, depth=1):
        """Write a prepositional phrase, which is headed by its noun."""
        preposition = Node(phrase.preposition, "ADP", misc=f"Role={phrase.role}|Fxn={phrase.function}")
        return self.noun(phrase.kind, depth=depth).first(("case", preposition))

    # Verbs and clauses

    def frame(self, subject=None):
        """Draw a frame, or one that has such a subject."""
        return FRAMES[self.draw({name: f.weight for name, f in FRAMES.items() if subject in (None, f.subject)})]

    def tense(self):
        return self.draw({name: odds for name, (odds, _, _) in TENSES.items()})

    def helpers(self, tense, number, passive=False, ask=False):
        """Write the helping verbs of a tense; returns them, and the form in which the verb itself follows."""
        _, form, chain = TENSES[tense]
        chain = chain or [("do", "base")] * ask
        nodes = []
        for lemma, asked, relation in [(*link, "aux") for link in chain] + [("be", "participle", "aux:pass")] * passive:
            lemma = self.word(lex.MODALS) if lemma == "MODAL" else lemma
            nodes.append((relation, Node(finite(lemma, form, number), "AUX", lemma)))
            form = asked
        return nodes + [("advmod", Node("not", "PART"))] * (tense == "denied"), form

    def verb(self, frame, form, number="sg", *, tense=None, passive=False, gap=None, used=(), room=2):
        """Write a verb with what follows it: its object, unless there is a gap, phrases, an adverb.

        `used` are roles that do not come (again); `room` is the largest number of phrases.
        """
        lemma = self.word(frame.verbs)
        verb, used = Node(finite(lemma, form, number), "VERB", lemma), set(used)
        if lemma in frames.PARTICLES and self.chance(0.15):
            verb.after(("compound:prt", Node(frames.PARTICLES[lemma], "ADP")))
        elif frame is FRAMES["give"] and not gap and self.chance(0.2):
            verb.after(("iobj", self.noun("anyone", depth=1)))
            used.add("Recipient")
        if frame.object and gap != "object" and not passive:
            verb.after(("obj", self.noun(frame.object)))
        pools = [frames.AGENT] * (passive and self.chance(0.5)) + [frame.phrases] * self.chance(0.8)
        pools += [frames.SINCE] * (tense == "perfect" and self.chance(0.7))
        pools += [ADJUNCTS] * self.random.choices([0, 1, 2], [5, 4, 1])[0]
        for pool in pools[:room] if frame.phrases else []:
            phrase = self.draw(pool)
            if phrase.role not in used:
                used.add(phrase.role)
                verb.after(("obl:agent" if pool is frames.AGENT else "obl", self.phrase(phrase)))
        return verb.after(("advmod", self.word(lex.LATE, "ADV"))) if self.chance(0.12) else verb

    def clause(self, *, tense=None, active=False, **limits):
        """Write a clause; returns its verb."""
        frame, tense = self.frame(), tense or self.tense()
        passive = frame.passive and not active and self.chance(0.15)
        subject = self.noun(frame.object if passive else frame.subject, subject=True)
        helpers, form = self.helpers(tense, subject.number, passive)
        verb = self.verb(frame, form, subject.number, tense=tense, passive=passive, **limits)
        adverb = [("advmod", self.word(lex.ADVERBS, "ADV"))] if self.chance(0.1) else []
        return verb.before(("nsubj:pass" if passive else "nsubj", subject), *helpers, *adverb)

    def be(self, subject, upos="AUX"):
        return Node(finite("be", self.word(["past", "present"]), subject.number), upos, "be")
