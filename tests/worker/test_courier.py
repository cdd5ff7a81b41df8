"""One delivery: to whom it may go, what counts as an answer, and how long it may take."""

import asyncio
import ipaddress
from collections.abc import Iterator

import pytest
from receiver import Receiver, receiving
from shelf import arrival, new_site, put

from service.errors import AddressRefused, FetchError
from service.fetch import permitting
from service.store.database import Database
from service.store.webhooks import Parcel, add_webhook, claim_deliveries
from service.worker.courier import Courier

LOOPBACK = permitting([ipaddress.ip_network("127.0.0.0/8")])


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


async def parcel_for(db: Database, url: str) -> Parcel:
    """Return a delivery that was taken on, to a place of this address."""
    site = await new_site(db)
    await add_webhook(db, site.id, url=url)
    await put(db, [arrival(site)])
    (parcel,) = await claim_deliveries(db, [site.id], of_each=1, most=1)
    return parcel


async def test_redirects_are_not_followed_and_interim_answers_are_read_over(db, receiver):
    receiver.statuses = [302, 103]
    parcel = await parcel_for(db, receiver.url)
    courier = Courier(permits=LOOPBACK)

    assert [await courier.deliver(parcel), await courier.deliver(parcel)] == [302, 204]
    assert len(receiver.ids) == 2


@pytest.mark.parametrize(
    "said", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 9x9 Odd\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 9, b"x" * 200_000]
)
async def test_what_is_no_answer_counts_as_none(db, said):
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    parcel = await parcel_for(db, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")

    with pytest.raises(FetchError, match="could not be reached"):
        await Courier(permits=LOOPBACK).deliver(parcel)
    server.close()


async def test_a_place_that_does_not_answer_is_given_up_in_time(db, receiver):
    receiver.seconds = 0.5

    with pytest.raises(FetchError, match="took too long"):
        await Courier(permits=LOOPBACK, seconds=0.1).deliver(await parcel_for(db, receiver.url))


async def test_tls_is_checked(db, receiver):
    with pytest.raises(FetchError, match="SSL"):
        await Courier(permits=LOOPBACK).deliver(await parcel_for(db, f"https://127.0.0.1:{receiver.port}/"))

    assert receiver.ids == []


async def test_nothing_is_sent_to_a_private_network_that_nobody_has_named(db, receiver):
    with pytest.raises(AddressRefused):
        await Courier().deliver(await parcel_for(db, receiver.url))

    assert receiver.ids == []


async def test_a_name_that_leads_to_a_private_network_is_refused_when_it_is_looked_up(db, receiver):
    parcel = await parcel_for(db, f"http://hooks.example:{receiver.port}/")

    with pytest.raises(AddressRefused):
        await Courier(resolver=lambda _: ["1.1.1.1", "127.0.0.1"]).deliver(parcel)
    assert await Courier(resolver=lambda _: ["127.0.0.1"], permits=LOOPBACK).deliver(parcel) == 204
