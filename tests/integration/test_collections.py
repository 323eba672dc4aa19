"""Collections and aliases as clients of the gateway meet them, with the real services behind it."""

from collections.abc import AsyncIterator

import anyio
import httpx
import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from services.gateway.app import create_app
from services.gateway.settings import GatewaySettings
from shared.clients.embedder import EmbedderClient
from shared.clients.gateway import GatewayClient
from shared.contracts.batch import StoredItem
from shared.contracts.filters import Filter
from shared.contracts.gateway import RemovalRequest
from shared.errors import Conflict, InvalidRequest, NotFound, NotReady
from tests.support.images import jpeg, picture
from tests.support.serving import serving
from tests.support.stack import Stack

PICTURES = [jpeg(picture(seed)) for seed in range(4)]


@pytest.fixture
async def http(services: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=services.gateway, timeout=30) as client:
        yield client


@pytest.fixture
def lookalike(http: httpx.AsyncClient) -> GatewayClient:
    return GatewayClient(http)


@pytest.fixture
async def palette(services: Stack) -> str:
    """A recipe that the embedder does not use by itself, and has loaded."""
    async with httpx.AsyncClient(base_url=services.embedder, timeout=30) as http:
        embedder = EmbedderClient("embedder", http)
        with anyio.fail_after(60):
            while True:
                try:
                    return (await embedder.space("palette")).recipe
                except NotReady:
                    await anyio.sleep(0.02)


async def names(lookalike: GatewayClient) -> list[str]:
    return [held.name for held in (await lookalike.collections()).collections]


async def test_a_collection_is_made_listed_described_and_removed(
    lookalike: GatewayClient, http: httpx.AsyncClient
) -> None:
    new = {"name": "made", "projection": "centre", "description": " What grows "}
    first = await http.post("/v1/collections", json=new)
    assert (first.status_code, first.headers["location"]) == (201, "/v1/collections/made")
    again = await http.post("/v1/collections", json=new)
    assert (again.status_code, again.json()["created"]) == (200, False)
    made = await lookalike.collection("made")
    assert (made.images, made.projection, made.description, made.space) == (0, "centre", "What grows", None)
    assert made.created_at is not None
    with pytest.raises(Conflict):
        await lookalike.create_collection("made", projection="pca")
    changed = await lookalike.describe_collection("made", "What grew")
    assert changed.collection.description == "What grew"
    assert await names(lookalike) == sorted(await names(lookalike))
    assert {"default", "made"} <= set(await names(lookalike))
    await lookalike.delete_collection("made")
    assert "made" not in await names(lookalike)
    for call in (lookalike.collection("made"), lookalike.delete_collection("made")):
        with pytest.raises(NotFound):
            await call


async def test_a_collection_is_known_by_the_revision_that_made_it(lookalike: GatewayClient) -> None:
    stored = await lookalike.create_collection("new")
    found = await lookalike.search(PICTURES[0], collection="new", min_revision=stored.revision)
    assert found.results == ()
    assert found.revision >= stored.revision


async def test_collections_of_different_recipes_live_side_by_side(lookalike: GatewayClient, palette: str) -> None:
    await lookalike.create_collection("coloured", recipe=palette)
    for image in PICTURES:
        await lookalike.add(image, collection="coloured")
        await lookalike.add(image, collection="laid-out")
    dimensions = {}
    for name in ("coloured", "laid-out"):
        found = await lookalike.search(PICTURES[2], k=1, collection=name)
        assert found.results[0].score == pytest.approx(1, abs=1e-5)
        held = await lookalike.collection(name)
        assert held.space == found.space
        dimensions[held.recipe] = found.space.dimensions
    assert dimensions == {"palette": 4, "layout": 256}


async def test_every_way_to_search_takes_the_recipe_of_its_collection(
    lookalike: GatewayClient, http: httpx.AsyncClient, palette: str
) -> None:
    await lookalike.create_collection("ways", recipe=palette)
    added = await lookalike.add(PICTURES[0], collection="ways")
    await lookalike.add(PICTURES[1], collection="ways")
    heat = await lookalike.heatmap(added.image.id, PICTURES[0], collection="ways")
    assert heat.space.dimensions == 4
    assert len((await lookalike.similar(added.image.id, collection="ways")).results) == 1
    files = {"image": PICTURES[0]}
    predicted = await http.post("/api/predict", files=files, params={"collection": "ways", "n_neighbors": 2})
    assert len(predicted.json()["closest_images"]) == 2
    replaced = await lookalike.put(added.image.id, PICTURES[3], collection="ways")
    assert not replaced.created
    part = await http.post("/v1/search", files=files, params={"collection": "ways", "region": "0,0,0.5,0.5"})
    assert part.json()["space"]["dimensions"] == 4


async def test_a_batch_takes_the_recipe_of_its_collection_and_follows_an_alias(
    lookalike: GatewayClient, palette: str
) -> None:
    await lookalike.create_collection("batched", recipe=palette)
    await lookalike.put_alias("parcel", "batched")
    answer = await lookalike.add_batch([*PICTURES, b"no image"], collection="parcel")
    assert (answer.created, answer.failed) == (len(PICTURES), 1)
    assert (await lookalike.search(PICTURES[0], collection="batched")).space.dimensions == 4
    again = await lookalike.add_batch(PICTURES, collection="batched")
    assert again.unchanged == len(PICTURES)
    [image] = [item.image for item in again.items if isinstance(item, StoredItem)][:1]
    assert (await lookalike.patch(image.id, label="kite", collection="parcel")).label == "kite"
    assert [one.label for one in (await lookalike.labels(collection="batched")).labels] == ["kite"]
    every = RemovalRequest(filter=Filter(), dry_run=False, any_count=True)
    assert (await lookalike.delete_matching(every, collection="parcel")).removed == len(PICTURES)


async def test_a_recipe_that_there_is_not_is_refused_when_the_collection_is_made(lookalike: GatewayClient) -> None:
    with pytest.raises(InvalidRequest, match="There is no recipe multilayer") as refused:
        await lookalike.create_collection("impossible", recipe="multilayer")
    assert [fault.field for fault in refused.value.errors] == ["body.recipe"]
    assert "impossible" not in await names(lookalike)


async def test_a_collection_that_comes_back_never_shows_what_was_there_before(
    lookalike: GatewayClient, palette: str
) -> None:
    old = await lookalike.add(PICTURES[0], collection="again")
    await lookalike.delete_collection("again")
    with pytest.raises(NotFound):
        await lookalike.search(PICTURES[0], collection="again")
    with pytest.raises(NotFound):
        await lookalike.image(old.image.id, collection="again")
    await lookalike.create_collection("again", recipe=palette)
    assert (await lookalike.search(PICTURES[0], collection="again")).results == ()
    new = await lookalike.add(PICTURES[1], collection="again")
    found = await lookalike.search(PICTURES[0], collection="again")
    assert [result.id for result in found.results] == [new.image.id]
    assert found.space.dimensions == 4


async def test_an_alias_stands_for_its_collection_wherever_that_can_be_named(
    lookalike: GatewayClient, http: httpx.AsyncClient
) -> None:
    await lookalike.create_collection("season-1")
    assert (await lookalike.put_alias("season", "season-1")).collection == "season-1"
    added = await lookalike.add(PICTURES[0], collection="season")
    other = await lookalike.add(PICTURES[1], collection="season")
    assert added.image.collection == "season-1"
    assert added.image.links.self.endswith("?collection=season-1")
    found = await lookalike.search(PICTURES[0], collection="season")
    assert found.collection == "season-1"
    assert [result.id for result in found.results] == [added.image.id, other.image.id]
    similar = await lookalike.similar(added.image.id, collection="season")
    assert (similar.collection, similar.results[0].id) == ("season-1", other.image.id)
    assert (await lookalike.image(added.image.id, collection="season")).collection == "season-1"
    assert await lookalike.content(added.image.id, collection="season") == PICTURES[0]
    assert len((await lookalike.images(collection="season")).images) == 2
    assert (await lookalike.heatmap(added.image.id, PICTURES[0], collection="season")).collection == "season-1"
    assert (await lookalike.collection("season")).name == "season-1"
    await lookalike.delete(added.image.id, collection="season")
    assert (await lookalike.collection("season-1")).images == 1


async def test_an_alias_is_switched_from_one_collection_to_the_next_at_once(
    lookalike: GatewayClient, palette: str
) -> None:
    await lookalike.create_collection("blue")
    await lookalike.create_collection("green", recipe=palette)
    in_blue = await lookalike.add(PICTURES[0], collection="blue")
    in_green = await lookalike.add(PICTURES[1], collection="green")
    for name, expected in (("blue", in_blue), ("green", in_green), ("blue", in_blue)):
        switched = await lookalike.put_alias("live", name)
        found = await lookalike.search(PICTURES[0], collection="live", min_revision=switched.revision)
        assert (found.collection, [result.id for result in found.results]) == (name, [expected.image.id])
    aliases = {alias.alias: alias.collection for alias in (await lookalike.aliases()).aliases}
    assert aliases["live"] == "blue"
    await lookalike.delete_alias("live")
    with pytest.raises(NotFound):
        await lookalike.search(PICTURES[0], collection="live")


async def test_names_are_given_once(lookalike: GatewayClient) -> None:
    await lookalike.create_collection("one")
    await lookalike.put_alias("first", "one")
    with pytest.raises(Conflict):
        await lookalike.create_collection("first")
    for alias in ("one", "default"):
        with pytest.raises(Conflict):
            await lookalike.put_alias(alias, "one")
    with pytest.raises(NotFound):
        await lookalike.put_alias("other", "nowhere")
    with pytest.raises(Conflict, match="delete that, or the alias"):
        await lookalike.delete_collection("first")
    with pytest.raises(NotFound):
        await lookalike.delete_alias("nothing")
    await lookalike.delete_collection("one")
    assert "first" not in {alias.alias for alias in (await lookalike.aliases()).aliases}


async def test_default_comes_back_empty_and_free_for_another_recipe(lookalike: GatewayClient, palette: str) -> None:
    await lookalike.add(PICTURES[0])
    await lookalike.put_alias("main", "default")
    await lookalike.delete_collection("default")
    emptied = await lookalike.collection("default")
    assert (emptied.images, emptied.space, emptied.recipe, emptied.aliases) == (0, None, None, ())
    assert (await lookalike.search(PICTURES[0])).results == ()
    await lookalike.delete_collection("default")
    assert (await lookalike.create_collection("default", recipe=palette)).created
    await lookalike.add(PICTURES[0])
    assert (await lookalike.search(PICTURES[0])).space.dimensions == 4
    await lookalike.delete_collection("default")


async def test_a_gateway_that_knows_an_earlier_recipe_is_right_all_the_same(
    services: Stack, lookalike: GatewayClient, palette: str
) -> None:
    settings = GatewaySettings(embedder_url=services.embedder, search_url=services.search)
    with serving(create_app(settings)) as url:
        async with httpx.AsyncClient(base_url=url, timeout=30) as http:
            other = GatewayClient(http)
            for recipe, dimensions in ((palette, 4), ("layout", 256), (palette, 4)):
                await lookalike.create_collection("turning", recipe=recipe)
                await lookalike.add(PICTURES[0], collection="turning")
                for gateway in (other, lookalike):
                    assert (await gateway.search(PICTURES[0], collection="turning")).space.dimensions == dimensions
                await lookalike.delete_collection("turning")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/collections", {"name": "Not A Name"}),
        ("POST", "/v1/collections", {"name": "a", "projection": "sideways"}),
        ("POST", "/v1/collections", {"name": "a", "colour": "red"}),
        ("POST", "/v1/collections", {"name": "a", "description": "x" * 1001}),
        ("PATCH", "/v1/collections/default", {}),
        ("PATCH", "/v1/collections/default", {"recipe": "pooled"}),
        ("PUT", "/v1/aliases/a", {"collection": "Not A Name"}),
        ("PUT", "/v1/aliases/Not%20A%20Name", {"collection": "default"}),
        ("DELETE", "/v1/collections/a@b", None),
    ],
)
async def test_what_makes_no_sense_is_refused(
    http: httpx.AsyncClient, method: str, path: str, body: dict[str, str] | None
) -> None:
    answer = await http.request(method, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


class TestCommandLine:
    @pytest.fixture
    def url(self, services: Stack) -> str:
        return services.gateway

    def run(self, url: str, *arguments: str, answer: str | None = None) -> Result:
        return CliRunner().invoke(app, ["collections", *arguments, "--url", url], input=answer)

    def test_makes_lists_aliases_and_deletes(self, url: str) -> None:
        made = self.run(url, "create", "cli", "--recipe", "palette", "--description", "made\tby hand")
        assert (made.exit_code, made.stderr) == (0, "The collection cli is made.\n"), made.output
        assert self.run(url, "create", "cli").stderr == "There is a collection cli already.\n"
        assert self.run(url, "alias", "short", "cli").stderr == "short stands for the collection cli.\n"
        heading, *rows = self.run(url, "list").stdout.splitlines()
        assert heading.split("\t")[0] == "collection"
        [row] = [row.split("\t") for row in rows if row.startswith("cli\t")]
        assert row == ["cli", "0", "palette", "", "", "short", "made\ufffdby hand"]
        assert '"aliases": [\n        "short"' in self.run(url, "list", "--json").stdout
        assert self.run(url, "alias", "short", "--remove").stderr == "The alias short is removed.\n"

        refused = self.run(url, "delete", "cli", answer="n\n")
        assert refused.exit_code == 1
        assert "with its 0 images?" in refused.stderr
        assert self.run(url, "delete", "cli", "--yes").stderr == "The collection cli is removed.\n"
        gone = self.run(url, "delete", "cli", "--yes")
        assert (gone.exit_code, gone.stderr) == (1, "Error: There is no collection cli.\n")

    @pytest.mark.parametrize(
        "arguments",
        [
            ["create", "Not A Name"],
            ["create", "a", "--projection", "sideways"],
            ["create", "a", "--recipe", "Not A Name"],
            ["create", "a", "--description", "x" * 1001],
            ["alias", "a"],
            ["alias", "a", "b", "--remove"],
        ],
    )
    def test_wrong_usage_ends_with_status_2(self, url: str, arguments: list[str]) -> None:
        assert self.run(url, *arguments).exit_code == 2
