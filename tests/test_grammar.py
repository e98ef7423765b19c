"""The built-in grammar: its sentences against the rules of Universal Dependencies, and against what the demo needs."""

import re
from collections import Counter, defaultdict

import conllu
import pytest

from closerlook.corpora.grammar import write_corpus
from closerlook.corpora.grammar.lexicon import article, inflect, plural

SIZES = {"n_train": 800, "n_test": 250, "n_text": 1500}
UPOS = set("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X".split())
DEPREL = set(  # the 37 universal relations
    "acl advcl advmod amod appos aux case cc ccomp clf compound conj cop csubj dep det discourse dislocated expl fixed"
    " flat goeswith iobj list mark nmod nsubj nummod obj obl orphan parataxis punct reparandum root vocative xcomp"
    "".split()
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grammar") / "files"
    write_corpus(folder, **SIZES, seed=0)
    return folder


@pytest.fixture(scope="module")
def parsed(folder):
    return {s: conllu.parse((folder / f"{s}.conllu").read_text(encoding="utf-8")) for s in ("train", "test")}


def roles(sentences):
    """Yield (preposition, object, governor, role) of every preposition that has one."""
    for sentence in sentences:
        words = {token["id"]: token for token in sentence}
        for token in sentence:
            if "Role" in (token["misc"] or {}):
                noun = words[token["head"]]
                governor = words.get(noun["head"], {"lemma": None})
                yield token["form"].lower(), noun["lemma"], governor["lemma"], token["misc"]["Role"]


def lookup(examples, size):
    """Accuracy of the best table that sees the first `size` entries of an example only."""
    table = defaultdict(Counter)
    for *key, label in examples:
        table[tuple(key[:size])][label] += 1
    return sum(max(labels.values()) for labels in table.values()) / len(examples)


def test_files_have_the_sizes_asked_for(folder, parsed):
    assert {s: len(parsed[s]) for s in parsed} == {"train": 800, "test": 250}
    assert len((folder / "text.txt").read_text().splitlines()) == 1500
    assert sorted(f.name for f in folder.iterdir()) == ["test.conllu", "text.txt", "train.conllu"]


def test_rows_have_ten_columns(folder):
    for line in (folder / "train.conllu").read_text(encoding="utf-8").splitlines():
        assert not line or line.startswith("# ") or (len(line.split("\t")) == 10 and all(line.split("\t")))


def test_every_sentence_is_a_tree_with_one_root(parsed):
    for sentence in parsed["train"] + parsed["test"]:
        heads = [token["head"] for token in sentence]
        assert [token["id"] for token in sentence] == list(range(1, len(heads) + 1))
        assert heads.count(0) == 1 and all(0 <= head <= len(heads) for head in heads)
        for token in sentence:
            assert (token["head"] == 0) == (token["deprel"] == "root")
            at, steps = token["id"], 0
            while at:  # up to the root
                at, steps = heads[at - 1], steps + 1
                assert steps <= len(heads), sentence.metadata


def test_tags_and_relations_are_universal_and_many(parsed):
    tokens = [token for sentence in parsed["train"] for token in sentence]
    tags, relations = {t["upos"] for t in tokens}, {t["deprel"] for t in tokens}
    assert tags <= UPOS and len(tags) >= 12
    assert {relation.partition(":")[0] for relation in relations} <= DEPREL and len(relations) >= 20


def test_text_agrees_with_the_words(parsed):
    for sentence in parsed["train"]:
        text = "".join(t["form"] + ("" if (t["misc"] or {}).get("SpaceAfter") == "No" else " ") for t in sentence)
        assert text == sentence.metadata["text"]
        assert text[0].isupper() and text[-1] in ".?" and not re.search(r" [,.?']|  ", text)


def test_questions_carry_a_type_and_nothing_else_does(parsed):
    for sentence in parsed["train"]:
        assert (sentence.metadata["question_type"] != "_") == (sentence[-1]["form"] == "?")
    types = Counter(s.metadata["question_type"] for s in parsed["train"])
    assert 800 * 0.28 < 800 - types.pop("_") < 800 * 0.39  # a third, within four standard deviations
    assert 10 <= len(types) <= 16 and min(types.values()) >= 5


def test_question_word_does_not_give_the_type(parsed):
    questions = [s for s in parsed["train"] if s.metadata["question_type"] != "_"]
    by_first = [(s[0]["form"], s.metadata["question_type"]) for s in questions]
    assert lookup(by_first, 1) < 0.6
    assert len({kind for word, kind in by_first if word == "What"}) >= 8
    assert len({kind for word, kind in by_first if word == "How"}) >= 4


def test_role_and_function_stand_on_prepositions_only(parsed):
    for sentence in parsed["train"]:
        for token in sentence:
            misc = token["misc"] or {}
            assert ("Role" in misc) == ("Fxn" in misc) == (token["upos"] == "ADP" and token["deprel"] == "case")


def test_roles_and_functions_are_many_frequent_and_differ(parsed):
    misc = [t["misc"] for s in parsed["train"] for t in s if "Role" in (t["misc"] or {})]
    role, function = Counter(m["Role"] for m in misc), Counter(m["Fxn"] for m in misc)
    assert 12 <= len(role) <= 18 and 10 <= len(function) <= 14
    assert min(role.values()) >= 8 and min(function.values()) >= 8
    assert 0.1 < sum(m["Role"] != m["Fxn"] for m in misc) / len(misc) < 0.6


def test_role_needs_the_object_and_the_verb(parsed):
    examples = list(roles(parsed["train"] + parsed["test"]))
    assert lookup(examples, 1) < 0.7  # the preposition alone
    assert lookup(examples, 2) < 0.995  # and its object
    assert lookup(examples, 3) > 0.99  # and what they belong to
    meanings = defaultdict(set)
    for preposition, *_, role in examples:
        meanings[preposition].add(role)
    assert sum(len(some) >= 3 for some in meanings.values()) >= 6


def test_one_phrase_means_two_things(tmp_path):
    """After `put` and `sleep`, `on the table` differs; so does `for a man` after `bake` and `work`."""
    write_corpus(tmp_path / "files", n_train=2500, n_test=1, n_text=1, seed=1)
    meanings = defaultdict(lambda: defaultdict(set))
    kinds = dict(table="surface", floor="surface", knife="tool", hammer="tool", man="person", woman="person")
    for preposition, noun, governor, role in roles(conllu.parse((tmp_path / "files/train.conllu").read_text())):
        meanings[preposition, kinds.get(noun)][role].add(governor)
    put, stay = {"put", "lay", "drop", "place"}, {"live", "sleep", "sit", "wait", "stand"}
    on = meanings["on", "surface"]
    assert on["Goal"] & put and on["Locus"] & stay and not on["Goal"] & stay and not on["Locus"] & put
    assert meanings["with", "tool"].keys() >= {"Instrument", "Accompanier"}
    assert meanings["for", "person"].keys() >= {"Beneficiary", "OrgRole"}
    assert meanings["to", "person"].keys() >= {"Goal", "Recipient"}


def test_words_are_ambiguous(parsed):
    tags = defaultdict(set)
    for sentence in parsed["train"]:
        for token in sentence:
            tags[token["form"].lower()].add(token["upos"])
    assert sum(len(some) > 1 for some in tags.values()) >= 20
    assert tags["before"] >= {"ADP", "SCONJ"} and tags["to"] == {"ADP", "PART"} and tags["that"] >= {"DET", "SCONJ"}


def test_splits_and_text_share_no_sentence(folder, parsed):
    train, test = ([s.metadata["text"] for s in parsed[split]] for split in ("train", "test"))
    assert len(set(train)) == len(train) and len(set(test)) == len(test)
    assert not set(train) & set(test)
    text = (folder / "text.txt").read_text().splitlines()
    assert len(set(text)) == len(text) and not {*train, *test} & set(text)


def test_test_split_has_few_unknown_words_and_labels(parsed):
    known = {t["form"].lower() for s in parsed["train"] for t in s}
    tokens = [t["form"].lower() for s in parsed["test"] for t in s]
    assert 0 < sum(form not in known for form in tokens) / len(tokens) < 0.1
    assert {role for *_, role in roles(parsed["test"])} <= {role for *_, role in roles(parsed["train"])}


def test_words_follow_zipf(folder):
    counts = Counter(re.findall(r"\w+", (folder / "text.txt").read_text().lower())).most_common()
    assert len(counts) > 800
    assert sum(n for _, n in counts[:100]) > 0.5 * sum(n for _, n in counts)
    assert sum(n == 1 for _, n in counts) > 100


def test_seed_determines_the_sentences(folder, tmp_path):
    for name, seed in (("same", 0), ("other", 1)):
        write_corpus(tmp_path / name, **SIZES, seed=seed)
    for file in folder.iterdir():
        assert (tmp_path / "same" / file.name).read_bytes() == file.read_bytes()
        assert (tmp_path / "other" / file.name).read_bytes() != file.read_bytes()


def test_labelled_sentences_do_not_depend_on_the_amount_of_text(folder, tmp_path):
    write_corpus(tmp_path / "files", **SIZES | {"n_text": 10}, seed=0)
    assert (tmp_path / "files/train.conllu").read_bytes() == (folder / "train.conllu").read_bytes()


@pytest.mark.parametrize(
    "verb, form, expected",
    [
        ("carry", "past", "carried"), ("play", "third", "plays"), ("watch", "third", "watches"),
        ("go", "third", "goes"),
        ("chop", "ing", "chopping"), ("lie", "ing", "lying"), ("flee", "ing", "fleeing"), ("bake", "ing", "baking"),
        ("write", "participle", "written"), ("see", "past", "saw"), ("be", "ing", "being"), ("like", "past", "liked"),
        ("enjoy", "past", "enjoyed"), ("study", "third", "studies"),
    ],
)  # fmt: skip
def test_verb_forms(verb, form, expected):
    assert inflect(verb, form) == expected


@pytest.mark.parametrize(
    "noun, expected", [("city", "cities"), ("boy", "boys"), ("church", "churches"), ("box", "boxes"), ("man", "men")]
)
def test_plurals(noun, expected):
    assert plural(noun) == expected


def test_articles():
    assert [article(word) for word in ("apple", "hour", "university", "umbrella", "house")] == "an an a an a".split()
