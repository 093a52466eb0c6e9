"""Other readings of a query: pinyin as Han, homophones and typos repaired.

A reading never replaces the query: the searcher scores all of them and keeps the best, since
repair rewrites 3 to 33% of correct queries (findings/retrieval.md). The only language model is
the site's own text: which characters stand side by side in it. It knows nothing of scores.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property
from heapq import nsmallest
from operator import itemgetter
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

from search_index.analyzer import han_runs, latin_words, normalise, replace_tokens

# Log-probability costs of one changed character. Source: development queries and 350 of them with
# one or two homophones put in. Lower costs rewrite what people say of things the site has no words
# for, higher ones leave typos; these find most of both and cost the fewest further readings.
_COST_HOMOPHONE = 7.0
_COST_NEAR_HOMOPHONE = 8.5
_COST_OTHER_CHARACTER = 10.5
_UNSEEN = 1e-5
_NEVER = -math.log(_UNSEEN)
_BEAM = 10
_CHARACTERS_A_SYLLABLE = 24
_LONGEST_SYLLABLE = 6
_LONGEST_TEXT = 64
_MIN_TYPO_LENGTH = 4
_LAST_WORD = re.compile(r"[a-z0-9']+$")

# Pairs that speakers of many regions do not tell apart, as input methods offer them.
_NEAR = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h"), ("r", "l"))
_NEAR_ENDINGS = (("ang", "an"), ("eng", "en"), ("ing", "in"))

Candidate = tuple[str, float]
"""A piece of text and the cost of choosing it."""
Paths = dict[str, tuple[float, str]]
"""Last character → the cheapest text that ends with it, and its cost: what follows depends on
nothing else (Viterbi 1967)."""
_NOTHING: frozenset[str] = frozenset()
_START: Paths = {"": (0.0, "")}


class Speller:
    """Repairs queries with the site's own character pairs and words.

    Args:
        syllables: Han character → its toneless pinyin syllables, most usual first.
        bigrams: pair of neighbouring Han characters → count in the site's text.
        han_site_words: Latin words in the Chinese articles; never read as pinyin.
        words: all Latin words of the site.
    """

    def __init__(
        self,
        syllables: Mapping[str, Sequence[str]],
        bigrams: Mapping[str, int],
        han_site_words: Iterable[str],
        words: Iterable[str],
    ) -> None:
        self._syllables = syllables
        self._bigrams = bigrams
        self._han_site_words = frozenset(han_site_words)
        self._words = frozenset(words)
        self._typo_targets = sorted(w for w in self._words if len(w) >= _MIN_TYPO_LENGTH)
        self._unigrams: Counter[str] = Counter()
        after: defaultdict[str, set[str]] = defaultdict(set)
        before: defaultdict[str, set[str]] = defaultdict(set)
        for pair, count in bigrams.items():
            self._unigrams[pair[0]] += count
            after[pair[0]].add(pair[1])
            before[pair[1]].add(pair[0])
        for pair in bigrams:
            self._unigrams[pair[1]] += 1
        self._total = sum(self._unigrams.values()) or 1
        self._after, self._before = after, before

    @classmethod
    def build(
        cls, texts: Mapping[str, Iterable[str]], syllables: Mapping[str, Sequence[str]]
    ) -> Speller:
        """Count the pairs and words of the site's texts, given by language."""
        bigrams: Counter[str] = Counter()
        words: Counter[str] = Counter()
        han_site_words: set[str] = set()
        for lang, items in texts.items():
            for text in items:
                normalised = normalise(text)
                for run in han_runs(normalised):
                    bigrams.update(run[i : i + 2] for i in range(len(run) - 1))
                found = latin_words(normalised)
                words.update(found)
                if lang == "zh":
                    han_site_words.update(found)
        return cls(syllables, bigrams, han_site_words, words)

    def readings(self, normalised: str) -> list[str]:
        """Return further readings of a normalised query, best guess first, without itself."""
        text = _head(normalised)
        found = []
        pinyin = self.read_pinyin(text)
        if pinyin:
            found.append(pinyin)
        repaired = self.repair_latin(self.repair_han(text))
        if repaired != text:
            found.append(repaired + normalised[len(text) :])
        return [reading for reading in found if reading != normalised]

    def read_pinyin(self, normalised: str) -> str | None:
        """Return the text with its pinyin turned into Han, or None when it is not pinyin.

        It is pinyin when at least one Latin word is unknown to the site and every unknown word
        splits into syllables.
        """
        words = [w for w in latin_words(normalised) if w.isalpha()]
        unknown = [w for w in words if w not in self._words]
        if not unknown or not all(self._splits(word) for word in unknown):
            return None
        pieces: list[list[Candidate] | str] = []
        for token in _pieces(normalised):
            convert = token.isascii() and token.isalpha() and token not in self._han_site_words
            pieces.append(token)
            if convert and self._splits(token):
                pieces[-1] = [(token, 0.0)]
        return self._decode_pinyin(pieces)

    def repair_han(self, normalised: str) -> str:
        """Return the text with characters replaced that do not fit beside their neighbours."""
        repairs: dict[str, str] = {}
        for run in han_runs(normalised):
            if len(run) < 2 or all(run[i : i + 2] in self._bigrams for i in range(len(run) - 1)):
                continue
            lattice = [self._han_candidates(run, i) for i in range(len(run))]
            repairs[run] = self._best_path(lattice)
        return replace_tokens(normalised, repairs)

    def repair_latin(self, normalised: str) -> str:
        """Return the text with unknown Latin words replaced by the closest known ones."""
        repairs: dict[str, str] = {}
        for word in dict.fromkeys(latin_words(normalised)):
            if word in self._words or len(word) < _MIN_TYPO_LENGTH or not word.isalpha():
                continue
            best = process.extractOne(
                word,
                self._typo_targets,
                scorer=OSA.distance,
                score_cutoff=1 if len(word) <= 5 else 2,
            )
            if best:
                repairs[word] = best[0]
        return replace_tokens(normalised, repairs)

    @cached_property
    def _characters_of(self) -> dict[str, list[str]]:
        """Syllable → characters of the site that are read so, most frequent first."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for character, syllables in self._syllables.items():
            if character in self._unigrams:
                for syllable in syllables:
                    found[syllable].append(character)
        return {
            syllable: sorted(characters, key=lambda c: (-self._unigrams[c], c))[
                :_CHARACTERS_A_SYLLABLE
            ]
            for syllable, characters in found.items()
        }

    @cached_property
    def _known_syllables(self) -> frozenset[str]:
        return frozenset(s for syllables in self._syllables.values() for s in syllables)

    def _splits(self, word: str) -> bool:
        reachable = {0}
        for start in range(len(word)):
            if start in reachable:
                for end in range(start + 1, min(start + _LONGEST_SYLLABLE, len(word)) + 1):
                    if word[start:end] in self._known_syllables:
                        reachable.add(end)
        return len(word) in reachable and len(word) > 1

    def _decode_pinyin(self, pieces: Sequence[list[Candidate] | str]) -> str | None:
        paths = _START
        for piece in pieces:
            if isinstance(piece, str):
                cost, text = min(paths.values())
                paths = {piece[-1:]: (cost, text + piece)}
                continue
            word = piece[0][0]
            states: list[Paths] = [paths] + [{} for _ in word]
            for start in range(len(word)):
                if not states[start]:
                    continue
                for end in range(start + 1, min(start + _LONGEST_SYLLABLE, len(word)) + 1):
                    characters = self._characters_of.get(word[start:end])
                    if characters:
                        self._extend(states[start], states[end], [(c, 0.0) for c in characters])
            paths = states[-1]
            if not paths:
                return None
        return min(paths.values())[1]

    def _best_path(self, lattice: Sequence[Sequence[Candidate]]) -> str:
        paths = _START
        for candidates in lattice:
            following: Paths = {}
            self._extend(paths, following, candidates)
            paths = following
        return min(paths.values())[1]

    def _extend(self, paths: Paths, following: Paths, candidates: Iterable[Candidate]) -> None:
        """Put into ``following`` what the cheapest of ``paths`` become with one more character."""
        pairs, alone, first = self._pair_costs, self._unpaired_costs, self._first_costs
        for previous, (cost, text) in _cheapest(paths):
            follows = bool(previous) and _is_han(previous)
            for character, change in candidates:
                if follows:
                    step = pairs.get(previous + character)
                    if step is None:
                        step = alone.get(character, _NEVER)
                else:
                    step = first.get(character, _NEVER)
                total = cost + change + step
                known = following.get(character)
                if known is None or total < known[0]:
                    following[character] = (total, text + character)

    # A repair asks for thousands of costs; their logarithms would take most of its time.
    @cached_property
    def _first_costs(self) -> dict[str, float]:
        return {c: -math.log(n / self._total + _UNSEEN) for c, n in self._unigrams.items()}

    @cached_property
    def _unpaired_costs(self) -> dict[str, float]:
        return {c: -math.log(0.1 * n / self._total + _UNSEEN) for c, n in self._unigrams.items()}

    @cached_property
    def _pair_costs(self) -> dict[str, float]:
        return {
            pair: -math.log(
                0.9 * count / (self._unigrams[pair[0]] or 1)
                + 0.1 * self._unigrams[pair[1]] / self._total
                + _UNSEEN
            )
            for pair, count in self._bigrams.items()
        }

    def _han_candidates(self, run: str, i: int) -> list[Candidate]:
        character = run[i]
        left, right = run[i - 1 : i], run[i + 1 : i + 2]
        fits_left = not left or left + character in self._bigrams
        fits_right = not right or character + right in self._bigrams
        candidates: dict[str, float] = {character: 0.0}
        if fits_left and fits_right:
            return list(candidates.items())
        # What fits neither neighbour as typed is chosen only if that one is changed as well.
        after, before = self._after.get(left, _NOTHING), self._before.get(right, _NOTHING)
        for syllable in self._syllables.get(character, ()):
            for other in self._characters_of.get(syllable, ()):
                if other in after or other in before:
                    candidates.setdefault(other, _COST_HOMOPHONE)
            for near in _near_syllables(syllable):
                for other in self._characters_of.get(near, ()):
                    if other in after or other in before:
                        candidates.setdefault(other, _COST_NEAR_HOMOPHONE)
        if left and right and not fits_left and not fits_right:
            for other in after & before:
                candidates.setdefault(other, _COST_OTHER_CHARACTER)
        return sorted(candidates.items())

    def save(self, path: Path) -> None:
        """Write the tables as one JSON file with sorted keys."""
        values = {
            "syllables": {c: list(s) for c, s in sorted(self._syllables.items())},
            "bigrams": dict(sorted(self._bigrams.items())),
            "han_site_words": sorted(self._han_site_words),
            "words": sorted(self._words),
        }
        path.write_text(
            json.dumps(values, ensure_ascii=False, separators=(",", ":")), encoding="utf-8"
        )

    @classmethod
    def load(cls, path: Path) -> Speller:
        """Read what `save` wrote."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


def _head(normalised: str) -> str:
    """Return the start of a long text, cut before a Latin word, not in it: half a word would
    look like a typo or like pinyin.
    """
    if len(normalised) <= _LONGEST_TEXT:
        return normalised
    head = normalised[:_LONGEST_TEXT]
    if normalised[_LONGEST_TEXT].isascii() and normalised[_LONGEST_TEXT].isalnum():
        head = _LAST_WORD.sub("", head)
    return head


def _is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


def _cheapest(paths: Paths) -> Iterable[tuple[str, tuple[float, str]]]:
    if len(paths) <= _BEAM:
        return paths.items()
    return nsmallest(_BEAM, paths.items(), key=itemgetter(1))


def _pieces(normalised: str) -> list[str]:
    """Split into Latin words and what stands between; spaces between them are dropped."""
    pieces: list[str] = []
    for character in normalised:
        kind = character.isascii() and character.isalpha()
        if pieces and kind and pieces[-1][-1].isascii() and pieces[-1][-1].isalpha():
            pieces[-1] += character
        else:
            pieces.append(character)
    words = [i for i, piece in enumerate(pieces) if piece != " "]
    # A space between two words that both become Han would stand inside a Chinese word.
    return [pieces[i] for i in words]


@cache
def _near_syllables(syllable: str) -> tuple[str, ...]:
    near = []
    for one, other in _NEAR:
        for a, b in ((one, other), (other, one)):
            if syllable.startswith(a) and not (len(a) == 1 and syllable[1:2] == "h"):
                near.append(b + syllable[len(a) :])
    for one, other in _NEAR_ENDINGS:
        for a, b in ((one, other), (other, one)):
            if syllable.endswith(a):
                near.append(syllable[: -len(a)] + b)
    return tuple(near)
