"""Credentials open what they should, once, for as long as they should."""

from datetime import timedelta

import pytest
from shelf import new_site

from service.store.credentials import (
    add_token,
    end_session,
    invite_member,
    list_members,
    list_tokens,
    open_session,
    principal,
    revoke_tokens,
)


async def test_an_invite_opens_one_session_on_all_its_sites(db):
    site, other = await new_site(db), await new_site(db, "other")
    invite = await invite_member(db, [site.id, other.id], email="mo@example.org", role="moderator")

    session = await open_session(db, invite)

    who = await principal(db, session)
    assert {access.name: access.role for access in who.sites.values()} == {"demo": "moderator", "other": "moderator"}
    assert await open_session(db, invite) is None


async def test_an_invite_is_no_session_and_a_late_one_is_nothing(db):
    site = await new_site(db)
    invite = await invite_member(db, [site.id], email="mo@example.org", role="owner")
    late = await invite_member(db, [site.id], email="mo@example.org", role="owner", lifetime=timedelta(seconds=-1))

    assert await principal(db, invite) is None
    assert await open_session(db, late) is None


async def test_a_session_has_the_role_that_its_member_has_now(db):
    site = await new_site(db)
    session = await open_session(db, await invite_member(db, [site.id], email="mo@example.org", role="owner"))
    await invite_member(db, [site.id], email="mo@example.org", role="viewer")

    who = await principal(db, session)

    assert who.sites[site.id].role == "viewer"
    assert len(await list_members(db, site.id)) == 1


async def test_an_ended_session_opens_nothing(db):
    site = await new_site(db)
    session = await open_session(db, await invite_member(db, [site.id], email="mo@example.org", role="owner"))

    await end_session(db, session)

    assert await principal(db, session) is None


async def test_a_token_works_until_it_is_revoked_and_is_listed_without_its_secret(db):
    site = await new_site(db)
    token = await add_token(db, site.id, name="robot", role="viewer")
    (listed,) = await list_tokens(db, site.id)

    assert (await principal(db, token)).label == "robot"
    assert token not in repr(listed)
    assert await revoke_tokens(db, site.id, listed.prefix) == 1
    assert await principal(db, token) is None


async def test_naming_another_site_in_a_credential_opens_nothing_more(db):
    site, other = await new_site(db), await new_site(db, "other")
    token = await add_token(db, site.id, name="robot", role="owner")

    stretched = token.replace(f"gp_t{site.id}_", f"gp_t{site.id}-{other.id}_")

    assert await principal(db, stretched) is None


@pytest.mark.parametrize("text", ["", "gp_t1_", "gp_t1_" + "x" * 43, "gp_t999999999_" + "A" * 43, "'; DROP TABLE site"])
async def test_anything_else_is_nobody(text, db):
    assert await principal(db, text) is None
    assert await open_session(db, text) is None
