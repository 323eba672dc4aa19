"""`lookalike evaluate` with real services and an extractor that needs no weights."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from cli.main import app
from tests.support.images import jpeg, picture
from tests.support.stack import Stack

LABELLED = ("ant", "bee", "cat")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three labels of six pictures each, which differ a little from one another, and a file that is no picture."""
    folder = tmp_path_factory.mktemp("evaluated") / "pictures"
    for number, label in enumerate(LABELLED):
        (folder / label).mkdir(parents=True)
        drawn = np.asarray(picture(number), np.float64)
        for copy in range(6):
            noise = np.random.default_rng((number, copy)).normal(0, 8 + 30 * copy, (1, 1, 3))
            changed = Image.fromarray((drawn + noise).clip(0, 255).astype(np.uint8))
            (folder / label / f"{copy}.jpg").write_bytes(jpeg(changed))
    (folder / "cat" / "broken.jpg").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {"EXTRACTOR": "deterministic", "LOOKALIKE_CACHE": str(tmp_path_factory.mktemp("cache"))}


def evaluate(environment: dict[str, str], *arguments: object) -> Result:
    return CliRunner(env=environment).invoke(app, ["evaluate", *map(str, arguments)])


def measured(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    document: dict[str, Any] = json.loads(result.stdout)
    return document


@pytest.fixture(scope="module")
def plain(folder: Path, environment: dict[str, str]) -> Result:
    """The folder, evaluated by the library as everything is by default; read it alone."""
    return evaluate(environment, folder, "--json")


def test_the_library_and_the_services_give_the_same_numbers(
    folder: Path, environment: dict[str, str], plain: Result
) -> None:
    by_library = measured(plain)
    by_services = measured(evaluate(environment, folder, "--json", "--through", "services"))
    assert by_library["queries"] == 18
    assert by_library["refused"] == ["cat/broken.jpg"]
    assert 0.5 < by_library["measures"]["mAP"]["value"] < 1
    assert by_services == by_library


def test_lists_divide_a_folder_and_reranking_gives_the_same_numbers_either_way(
    folder: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    gallery, queries = tmp_path / "gallery.txt", tmp_path / "queries.txt"
    gallery.write_text("\n".join(f"{label}/{copy}.jpg" for label in LABELLED for copy in (0, 1, 2)))
    queries.write_text("\n".join(f"{label}/{copy}.jpg" for label in LABELLED for copy in (3, 4, 5)))
    lists = ("--gallery", gallery, "--queries", queries, "--with", "INDEX_RERANK=6", "--json")
    by_library = measured(evaluate(environment, folder, *lists))
    assert (by_library["gallery"], by_library["queries"]) == (9, 9)
    assert measured(evaluate(environment, folder, *lists, "--through", "services")) == by_library
    without = measured(evaluate(environment, folder, *lists[:4], "--json"))
    assert without["values"] != by_library["values"]


def test_high_quality_gives_the_same_numbers_either_way(
    folder: Path, environment: dict[str, str], plain: Result
) -> None:
    high = measured(evaluate(environment, folder, "--with", "quality=high", "--json"))
    assert high["values"]["AP"] != measured(plain)["values"]["AP"]
    through = measured(evaluate(environment, folder, "--with", "quality=high", "--through", "services", "--json"))
    assert through == high


def test_a_second_run_embeds_nothing(folder: Path, environment: dict[str, str], plain: Result, tmp_path: Path) -> None:
    vectors = Path(environment["LOOKALIKE_CACHE"], "vectors", measured(plain)["space"]["fingerprint"])
    kept = sorted(vectors.rglob("*.npz"))
    assert len(kept) == 1
    copied = tmp_path / folder.name
    # The broken one alone would be tried again.
    shutil.copytree(folder, copied, ignore=shutil.ignore_patterns("broken.jpg"))
    again = evaluate(environment | {"MAX_IMAGE_BYTES": "1024"}, copied, "--json")  # nothing could be embedded
    assert measured(again)["measures"] == measured(plain)["measures"]
    assert sorted(vectors.rglob("*.npz")) == kept


def test_settings_of_the_index_are_compared_by_a_paired_test(folder: Path, environment: dict[str, str]) -> None:
    result = evaluate(environment, folder, "--compare", "INDEX_PROJECTION=none", "INDEX_PROJECTION=centre", "--json")
    found = measured(result)
    assert set(found) == {"hit@1", "hit@5", "AP"}
    assert found["AP"]["queries"] == 18
    assert found["AP"]["first"] != found["AP"]["second"]
    assert 0 < found["AP"]["p"] <= 1


def test_quality_that_is_the_same_passes_and_quality_that_has_fallen_does_not(
    folder: Path, environment: dict[str, str], plain: Result, tmp_path: Path
) -> None:
    document = measured(plain)
    baseline = tmp_path / "baseline.json"
    baseline.write_text(json.dumps(document))
    assert evaluate(environment, folder, "--against", baseline).exit_code == 0

    document["values"]["AP"] = [1.0] * 18
    baseline.write_text(json.dumps(document))
    fallen = evaluate(environment, folder, "--against", baseline)
    assert fallen.exit_code == 1
    assert "Quality has fallen: AP from 100.00 to" in fallen.stderr


def test_files_of_two_evaluations_can_be_compared(
    folder: Path, environment: dict[str, str], plain: Result, tmp_path: Path
) -> None:
    files = [tmp_path / "plain.json", tmp_path / "none.json"]
    files[0].write_text(plain.stdout)
    files[1].write_text(evaluate(environment, folder, "--json", "--with", "INDEX_PROJECTION=none").stdout)
    result = evaluate(environment, "--compare", *files)
    assert result.exit_code == 0, result.stderr
    assert [line.split("\t")[0] for line in result.stdout.splitlines()] == ["measure", "hit@1", "hit@5", "AP"]


def test_a_report_is_one_file_that_asks_no_other_host_beside_a_table_for_people(
    folder: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    result = evaluate(environment, folder, "--report", tmp_path / "report")
    assert result.exit_code == 0, result.stderr
    heading, *rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert heading == ["measure", "value", "95 % interval"]
    assert {"accuracy", "macro f1", "hit@5", "mAP", "NDCG@10", "MRR", "vote@5"} <= {row[0] for row in rows}
    assert "pictures, protocol leave-one-out: 18 queries in 18 pictures, 1 pictures refused" in result.stderr
    page = (tmp_path / "report" / "report.html").read_text()
    assert not re.findall(r"""(?:src|href)=["'](?!data:)|url\(|@import""", page)
    assert set(re.findall(r"https?://[^\s\"']+", page)) == {"http://www.w3.org/2000/svg"}  # a name, and no address
    for told in ("Measures", "Queries that find least", "Map", "Latency", "ant", "cat/3.jpg"):
        assert told in page
    for name in ("precision-recall", "distances", "map"):
        with Image.open(tmp_path / "report" / f"{name}.png") as drawn:
            assert drawn.width > 500


def test_a_running_collection_is_evaluated_with_its_own_vectors(
    services: Stack, folder: Path, environment: dict[str, str], plain: Result
) -> None:
    by_folder = measured(plain)
    arguments = ["ingest", str(folder), "--collection", "evaluated", "--url", services.gateway]
    assert CliRunner().invoke(app, arguments).exit_code == 1  # one file is no picture
    result = evaluate(environment, "--collection", "evaluated", "--search", services.search, "--json")
    by_collection = measured(result)
    assert by_collection["queries"] == 18
    assert by_collection["space"]["fingerprint"] == by_folder["space"]["fingerprint"]
    for name, estimate in by_folder["measures"].items():
        assert by_collection["measures"][name]["value"] == pytest.approx(estimate["value"], abs=1e-6), name


def test_an_embedder_that_runs_already_is_used(
    services: Stack, folder: Path, environment: dict[str, str], plain: Result, tmp_path: Path
) -> None:
    nothing_kept = environment | {"LOOKALIKE_CACHE": str(tmp_path)}
    used = evaluate(nothing_kept, folder, "--json", "--embedder", services.embedder)
    assert measured(used)["measures"] == measured(plain)["measures"]
    refused = evaluate(environment, folder, "--embedder", services.embedder, "--with", "classic")
    assert refused.exit_code == 1
    assert "An embedder that runs already has its recipe" in refused.stderr


def test_altered_copies_look_for_their_original(folder: Path, environment: dict[str, str]) -> None:
    result = evaluate(environment, folder, "--protocol", "copies", "--json")
    document = measured(result)
    assert document["queries"] == 6 * 18
    assert set(document["kinds"]) == {"cropped", "rotated", "recompressed", "recoloured", "overlaid", "flipped"}
    assert document["kinds"]["recompressed"]["accuracy"] > 0.9


def test_a_data_set_is_taken_by_its_name(environment: dict[str, str], tmp_path: Path) -> None:
    place = tmp_path / "tfds"
    # In another process: TensorFlow would stay in this one.
    prepare = f"from tests.support.tiny_dataset import Tiny; Tiny(data_dir={str(place)!r}).download_and_prepare()"
    subprocess.run([sys.executable, "-c", prepare], check=True, env=os.environ)
    named = environment | {"TFDS_DATA_DIR": str(place)}
    document = measured(evaluate(named, "tiny", "--json"))
    assert (document["protocol"], document["gallery"], document["queries"]) == ("original", 10, 5)
    assert set(document["kinds"]) <= {"daylight", "night"}
    assert measured(evaluate(named, "tiny", "--protocol", "leave-one-out", "--json"))["queries"] == 18


def test_a_name_that_is_neither_a_folder_nor_a_data_set_is_refused(environment: dict[str, str]) -> None:
    result = evaluate(environment, "No Such Folder")
    assert result.exit_code == 1
    assert "neither a folder nor the name of a data set" in result.stderr
