"""A site's own claims over HTTP: kept, shown, taken back, and seen by nobody else."""

import pytest
from desk import Office

from service.comment import SiteId
from service.errors import NotFound
from service.store.database import Database
from service.store.site_claims import site_claims
from service.web.directory import SiteDirectory

PATH = "/v1/sites/{}/claims"
CLAIM = {
    "id": "spring-water",
    "claim": "Water from the Lindal spring cures arthritis.",
    "severity": "serious",
    "correction": "No water cures arthritis.",
    "subject": ["lindal spring"],
    "predicate": ["cures arthritis"],
    "sources": [{"publisher": "Town", "title": "Our spring", "url": "https://town.example/spring"}],
}


def test_an_owner_adds_claims_switches_off_and_takes_back(office: Office) -> None:
    owner = office.token("owner")
    wish = {"own": [CLAIM], "topics_off": ["vaccines"], "claims_off": ["ket-not-addictive"]}

    added = office.post(PATH.format("demo"), owner, wish)

    assert added.status_code == 200
    assert added.json() == office.get(PATH.format("demo"), owner).json()
    assert [each["id"] for each in added.json()["own"]] == ["spring-water"]
    assert (added.json()["topics_off"], added.json()["claims_off"]) == (["vaccines"], ["ket-not-addictive"])

    query = "?own=spring-water&topic=vaccines&claim=ket-not-addictive"
    gone = office.delete(PATH.format("demo") + query, owner)
    again = office.delete(PATH.format("demo") + query, owner)

    assert gone.json() == {"own": [], "topics_off": [], "claims_off": []}
    assert again.status_code == 404


def test_a_claim_of_the_same_id_replaces_the_one_before(office: Office) -> None:
    owner = office.token("owner")
    office.post(PATH.format("demo"), owner, {"own": [CLAIM]})

    answer = office.post(PATH.format("demo"), owner, {"own": [CLAIM | {"claim": "It cures gout."}]})

    assert [each["claim"] for each in answer.json()["own"]] == ["It cures gout."]


def test_no_site_sees_or_changes_the_claims_of_another(office: Office) -> None:
    owner, stranger = office.token("owner"), office.token("owner", site="other")
    office.post(PATH.format("demo"), owner, {"own": [CLAIM], "topics_off": ["vaccines"]})

    for answer in (
        office.get(PATH.format("demo"), stranger),
        office.post(PATH.format("demo"), stranger, {"own": [CLAIM]}),
        office.delete(PATH.format("demo") + "?own=spring-water", stranger),
    ):
        assert answer.status_code == 404
    assert office.get(PATH.format("other"), stranger).json() == {"own": [], "topics_off": [], "claims_off": []}
    assert len(office.get(PATH.format("demo"), owner).json()["own"]) == 1


@pytest.mark.parametrize(
    ("wish", "field"),
    [({"topics_off": ["vaccines", "none-such"]}, "topics_off"), ({"claims_off": ["none-such"]}, "claims_off")],
)
def test_what_the_base_does_not_have_cannot_be_switched_off(
    office: Office, wish: dict[str, list[str]], field: str
) -> None:
    owner = office.token("owner")

    answer = office.post(PATH.format("demo"), owner, {"own": [CLAIM], **wish})

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], "none-such" in error["message"]) == (field, True)
    assert office.get(PATH.format("demo"), owner).json() == {"own": [], "topics_off": [], "claims_off": []}


def test_what_is_not_there_cannot_be_taken_back_and_nothing_else_is(office: Office) -> None:
    owner, path = office.token("owner"), PATH.format("demo")
    office.post(path, owner, {"own": [CLAIM], "topics_off": ["vaccines"]})

    some = office.delete(f"{path}?own=spring-water&topic=vaccines&topic=gout&claim=none%00such", owner)
    nothing = office.delete(path, owner)

    assert some.status_code == 404
    assert some.json()["detail"] == (
        "The site does not have the topic gout switched off, nor the claim nonesuch switched off."
    )
    assert (nothing.status_code, nothing.json()["errors"][0]["field"]) == (422, "own")
    assert len(office.get(path, owner).json()["own"]) == 1


@pytest.mark.parametrize(
    "wish",
    [
        {"own": [CLAIM | {"id": "No Name"}]},
        {"own": [CLAIM | {"id": "ends-with-a-line\n"}]},
        {"own": [CLAIM | {"claim": ""}]},
        {"own": [CLAIM | {"sources": [{"publisher": "x", "title": "y", "url": "javascript:alert(1)"}]}]},
        {"own": [CLAIM | {"id": f"c{i}"} for i in range(51)]},
        {"topics_off": ["x y"]},
        {"unknown": []},
    ],
)
def test_what_is_no_claim_is_refused_whole(office: Office, wish: dict[str, object]) -> None:
    owner = office.token("owner")

    assert office.post(PATH.format("demo"), owner, wish).status_code == 422
    assert office.get(PATH.format("demo"), owner).json()["own"] == []


def test_a_site_has_at_most_fifty_claims(office: Office) -> None:
    owner = office.token("owner")
    assert office.post(PATH.format("demo"), owner, {"own": [CLAIM | {"id": f"c{i}"} for i in range(50)]}).is_success

    assert office.post(PATH.format("demo"), owner, {"own": [CLAIM]}).status_code == 422


def test_the_directory_hands_a_sites_claims_to_the_intake_and_row_level_security_guards_them(office: Office) -> None:
    office.post(PATH.format("demo"), office.token("owner"), {"own": [CLAIM], "topics_off": ["vaccines"]})

    async def look(db: Database) -> tuple[object, object, int]:
        site = await SiteDirectory(db).get("demo")
        async with db.seeing(office.sites["other"].id) as connection:
            foreign = await connection.fetchval("SELECT count(*) FROM site_claim")
        with pytest.raises(NotFound):
            await SiteDirectory(db).get("nobody")
        assert await site_claims(db, SiteId(site.id)) == site.claims
        return [claim.id for claim in site.claims.own], site.claims.topics_off, foreign

    assert office.run(look) == (["spring-water"], frozenset({"vaccines"}), 0)
