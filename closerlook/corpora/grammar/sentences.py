"""The sentences of the built-in grammar: statements of several shapes, and questions of several types."""

from closerlook.corpora.grammar import frames
from closerlook.corpora.grammar import lexicon as lex
from closerlook.corpora.grammar.constituents import Constituents, finite
from closerlook.corpora.grammar.frames import ADJUNCTS, FRAMES, Phrase
from closerlook.corpora.grammar.trees import Node

QUESTION_SHARE = 1 / 3
STATEMENTS = {  # methods of Writer, with their odds
    "plain": 45, "fronted": 9, "embedded": 10, "reported": 9, "wished": 6, "joined": 6, "adjective": 7, "identity": 4,
    "there": 6,
}  # fmt: skip
TIME, PLACE = ("Time", "Duration"), ("Locus", "Goal", "Source")


def _comma():
    return "punct", Node(",", "PUNCT")


class Writer(Constituents):
    """Writes sentences as trees."""

    def sentence(self):
        """Write a sentence: its tree, and its type if it is a question, else None."""
        if self.chance(QUESTION_SHARE):
            question = self.draw({q: q.weight for q in frames.QUESTIONS})
            return self.question(question).after(("punct", Node("?", "PUNCT"))), question.type
        statement = getattr(self, self.draw(STATEMENTS))
        return statement().after(("punct", Node(".", "PUNCT"))), None

    # Statements

    def plain(self):
        """Oh, Anna sold the horse in June."""
        if self.chance(0.06):
            other = self.verb(self.frame("who"), "past", room=1).first(("cc", Node("and", "CCONJ")))
            return self.clause(tense="past", active=True, room=1).after(("conj", other))
        verb = self.clause(room=3)
        return verb.first(("discourse", self.word(lex.CRIES, "INTJ")), _comma()) if self.chance(0.05) else verb

    def fronted(self):
        """In June, Anna sold the horse."""
        phrase = self.draw({p: odds for p, odds in ADJUNCTS.items() if p.role in (*TIME, "Locus")})
        verb = self.clause(used=[phrase.role])
        return verb.first(("obl", self.phrase(phrase)), *[_comma()] * self.chance(0.6))

    def embedded(self):
        """Anna sold the horse before she left."""
        verb, other = self.clause(room=1), self.clause(room=1).first(("mark", self.word(lex.SUBORDINATORS, "SCONJ")))
        return verb.first(("advcl", other), _comma()) if self.chance(0.3) else verb.after(("advcl", other))

    def reported(self):
        """Anna said that she sold the horse."""
        that = [("mark", Node("that", "SCONJ"))] * self.chance(0.7)
        return self.governing(frames.SPEECH, "ccomp", self.clause().first(*that))

    def wished(self):
        """Anna wanted to sell the horse."""
        to = ("mark", Node("to", "PART"))
        return self.governing(frames.WISH, "xcomp", self.verb(self.frame("who"), "base").first(to))

    def governing(self, verbs, relation, other):
        """Write a subject and a verb that another clause completes."""
        subject, lemma = self.noun("who", subject=True), self.word(verbs)
        verb = Node(finite(lemma, self.word(["past", "present"]), subject.number), "VERB", lemma)
        return verb.before(("nsubj", subject)).after((relation, other))

    def joined(self):
        """Anna sold the horse, and the farmer bought a cow."""
        other = self.clause(room=1).first(_comma(), ("cc", self.word(["and", "but", "or", "so"], "CCONJ")))
        return self.clause(room=1).after(("conj", other))

    def adjective(self):
        """The horse was very old."""
        kind = self.word(["person", "thing", "place", "dish", "work", "event", "animal"])
        subject = self.noun(kind, subject=True)
        root = self.word(lex.ADJECTIVES[kind], "ADJ").before(("nsubj", subject), ("cop", self.be(subject)))
        if self.chance(0.3):
            root.before(("advmod", self.word(lex.DEGREES, "ADV")))
        return root.after(("obl", self.phrase(self.draw(ADJUNCTS)))) if self.chance(0.4) else root

    def identity(self):
        """Anna was a doctor from Paris."""
        name = self.noun("name")
        root = self.indefinite("person")
        if self.chance(0.3):
            root.after(("nmod", self.phrase(self.draw(frames.OF_NOUNS["person"]))))
        return root.first(("nsubj", name), ("cop", self.be(name)))

    def there(self):
        """There was a knife on the table."""
        kind = self.word(["thing", "animal", "person", "tool", "building"])
        thing = self.indefinite(kind, self.word(["sg", "pl"]))
        where = {p: odds for p, odds in (ADJUNCTS | FRAMES["stay"].phrases).items() if p.role in ("Locus", "Time")}
        verb = self.be(thing, "VERB").before(("expl", Node("there", "PRON")))
        return verb.after(("nsubj", thing), ("obl", self.phrase(self.draw(where))))

    # Questions

    def question(self, q):
        """Write a question after a row of the table."""
        wh, (preposition, _, role) = self.asked(q.asked), q.slot.partition(":")
        if q.slot == "copula":
            return self.copula(wh, *q.about.split(":"))
        frame = self.frame("who") if q.about == "any" else FRAMES[q.about]
        tense = self.draw({"past": 6, "present": 1, "perfect": 1, "future": 1})
        used: tuple[str, ...] = {"NUM:date": TIME, "NUM:period": TIME, "DESC:manner": ("Manner", "Instrument")}.get(
            q.type, ()
        )
        used = PLACE if q.type.startswith("LOC") else used or (role.partition("~")[0],)
        if q.slot == "subject":
            helpers, form = self.helpers(tense, wh.number)
            verb = self.verb(frame, form, wh.number, tense=tense, used=used)
            return verb.before(("nsubj", wh), *helpers)
        subject = self.noun(frame.subject, subject=True, depth=1)
        helpers, form = self.helpers(tense, subject.number, ask=True)
        verb = self.verb(frame, form, gap=q.slot, used=used, room=1)
        if role:
            role, _, function = role.partition("~")
            case = Node(preposition, "ADP", misc=f"Role={role}|Fxn={function or role}")
            if verb.right or self.chance(0.3):
                wh.first(("case", case))
            else:  # What city did she travel to?
                case.governor = wh
                verb.after(("case", case))
        relation = "obj" if q.slot == "object" else "advmod" if wh.upos == "ADV" else "obl"
        return verb.before((relation, wh), helpers[0], ("nsubj", subject), *helpers[1:])

    def asked(self, asked):
        """Write what is asked for: who, how long, what city, how many horses."""
        wh, _, kind = asked.partition("+")
        if kind:
            lemma = self.word(lex.NOUNS[kind])
            if wh == "which":
                return Node(lemma, "NOUN").before(("det", self.word(["what", "which"], "DET")))
            many = Node("many", "ADJ").before(("advmod", Node("how", "ADV")))
            return Node(lex.plural(lemma), "NOUN", lemma, number="pl").before(("amod", many))
        if wh.startswith("how_"):
            return Node(wh[4:], "ADJ" if wh == "how_much" else "ADV").before(("advmod", Node("how", "ADV")))
        return Node(wh, "PRON" if wh in ("who", "what") else "ADV")

    def copula(self, wh, about, preposition=None, kind=None):
        """What is a comet? How wide is the river? What was the price of the lamp?"""
        if preposition:
            subject = self.word(about.split("/"), "NOUN").before(("det", Node("the", "DET")))
            if self.chance(0.3):
                subject.before(("amod", self.word("exact new old real usual great".split(), "ADJ")))
            subject.after(("nmod", self.phrase(Phrase(preposition, kind, "Gestalt", "Gestalt"))))
        else:
            subject = self.indefinite(about) if about == "concept" else self.noun(about, depth=2)
            if wh.upos == "ADV":
                wh.form = wh.lemma = self.word(["long", "wide", "high", "deep"])
                wh.upos = "ADJ"
        return wh.after(("cop", self.be(subject)), ("nsubj", subject))
