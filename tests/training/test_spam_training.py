"""Training on the same rows gives the same files, and what it writes can judge."""

import json
from pathlib import Path

import pytest

from service.artefact import read_artefact
from service.comment import Submission
from service.paths import MODELS
from service.pipeline.normalise import normalise
from service.pipeline.spam import SpamJudge
from service.training.corpora import read_rows
from service.training.spam import read_examples, train_spam

NAMES = ("spam_articles", "spam_fields")


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpora")
    for name in NAMES:
        rows = read_rows(MODELS / "corpora" / f"{name}.jsonl")[::8]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return folder


@pytest.fixture(scope="module")
def made(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folders = [tmp_path_factory.mktemp("model") / "spam" for _ in range(2)]
    for folder in folders:
        train_spam(corpora, corpora / "none", folder)
    return folders


def test_the_same_rows_give_the_same_files(made: list[Path]) -> None:
    first, second = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in made)

    assert first == second


def test_what_was_trained_can_judge(made: list[Path]) -> None:
    judge = SpamJudge(read_artefact(made[0]))
    spam = Submission(body="Buy cheap viagra, no prescription", author_name="Best Pharmacy")

    opinions = judge.judge([normalise(spam), normalise(Submission(body="I was there on Sunday, it rained."))])

    assert opinions[0].probability > opinions[1].probability


def test_the_card_names_every_source_and_leaves_each_file_out(made: list[Path]) -> None:
    artefact = read_artefact(made[0])
    card, figures = artefact.text("card.md"), json.loads(artefact.text("metrics.json"))

    for name in NAMES:
        assert f"| {name} |" in card
        assert figures[f"without {name}"]["positives"] > 0
    assert figures["without the family"]["rows"] == sum(figures[f"without {name}"]["rows"] for name in NAMES)


def test_rows_are_read_in_the_same_order_whatever_the_order_of_files(corpora: Path) -> None:
    assert read_examples(corpora, corpora / "none") == read_examples(corpora, corpora / "none")


def test_the_shipped_model_is_small() -> None:
    files = [path for path in (MODELS / "spam").iterdir() if path.is_file()]

    assert sum(path.stat().st_size for path in files) < 2_000_000
