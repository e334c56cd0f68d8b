"""Random damage to good texts: only a value, a syntax error or a limit may come out."""

from __future__ import annotations

import random
from pathlib import Path

from laneway.engine.feel import FeelError, from_feel, parse_and_compile
from laneway.engine.feel.builtins import BUILTINS
from laneway.engine.feel.lexer import tokenize
from laneway.engine.feel.meter import Meter
from laneway.engine.feel.values import Value

LINES = (Path(__file__).parent / "same_values.txt").read_text(encoding="utf-8").splitlines()
TEXTS = [part for line in LINES if not line.startswith("#") for part in line.rpartition(" == ")[::2]]
WORDS = sorted({token.text for text in TEXTS for token in tokenize(text)[:-1]})


def damaged(r: random.Random) -> str:
    tokens = [token.text for token in tokenize(r.choice(TEXTS))[:-1]]
    for _ in range(r.randint(1, 4)):
        i, what = r.randrange(len(tokens) + 1), r.random()
        if what < 0.3:
            tokens[i:i] = [r.choice(WORDS)]
        elif what < 0.5:
            del tokens[i : i + r.randint(1, 3)]
        elif what < 0.8:
            tokens[i : i + 1] = [r.choice(WORDS)]
        else:
            tokens[i:i] = [token.text for token in tokenize(r.choice(TEXTS))[:-1]]
    return " ".join(tokens)


def test_damaged_texts_never_crash() -> None:
    r = random.Random(20261123)
    good = 0
    for _ in range(3000):
        text, is_unary = damaged(r), r.random() < 0.2
        try:
            from_feel(parse_and_compile(text, is_unary=is_unary).evaluate({"?": 5, "a": 1}).value)
            good += 1
        except FeelError:
            continue

    assert good > 300


def test_built_ins_never_crash_whatever_their_arguments() -> None:
    r = random.Random(5)
    samples = ['"a"', "1", "-0.5", "1e6000", "null", "true", "[]", "[1, null]", "{}", "[1..3]", "(> 5)"]
    samples += ['@"2026-01-31"', '@"10:00:00Z"', '@"2026-01-31T10:00:00@Asia/Shanghai"', '@"P1M"', '@"-PT1H"']
    samples += ['"["', "function(x) x", "function(a, b) null", "abs", '@"-999999999-01-01"', '{a: "b"}']
    values: list[Value] = [parse_and_compile(text).evaluate({}).value for text in samples]
    for builtin in BUILTINS.values():
        for _ in range(60):
            m = Meter()
            try:
                from_feel(builtin.call(m, r.choices(values, k=r.randint(0, 4))), m)
            except FeelError:
                continue

    assert len(BUILTINS) > 80
