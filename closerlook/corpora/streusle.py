"""STREUSLE's `.conllulex`: CoNLL-U with nine more columns (Schneider et al., ACL 2018; format of release 4)."""

from functools import partial

from closerlook.corpora import conllu

FIELDS = conllu.FIELDS + ("smwe", "lexcat", "lexlemma", "ss", "ss2", "wmwe", "wcat", "wlemma", "lextag")

sentences = partial(conllu.sentences, fields=FIELDS)
