"""Stock promised through HTTP, of a thousand lots and of one, against the same transaction run by pgbench."""

from collections.abc import Awaitable, Callable

from generators import CLIENTS, WARM_UP_S, Requests, Sample, http, pgbench
from harness import CALLER, COUNTY, HERE, NotTrue, Truth, house, same_rows
from results import Answer, rates

from gridwhistle.inventory.app import INVENTORY

_FASTEST = 5_000
"""More a second than either side can approve, so that the orders last."""
_APPROVED = "SELECT count(*) FROM dispatch_order WHERE state = 'approved'"
_TABLES = ("history", "audit", "outbox", "command_key", "reservation", "stock_movement")


async def ask(rounds: int, seconds: float) -> list[Answer]:
    """Measure approvals a second over 32 connections, each of which reserves a unit; nobody is refused."""
    half = int((rounds * seconds + WARM_UP_S) * _FASTEST)
    async with house() as place:
        ours_db, peer_db = await place.database("inventory", INVENTORY), await place.database("peer", INVENTORY)
        for database in (ours_db, peer_db):
            await database.fetch((HERE / "sql" / "stocked.sql").read_text(), 2 * half)
            await database.execute("VACUUM ANALYZE dispatch_order, dispatch_item, lot, storage_point")
        server = await place.serve("gridwhistle.inventory.app:create", "inventory")
        token = place.issuer.token(CALLER, ["inventory_manager"], [COUNTY])
        truth = Truth(
            ours_db,
            approved=_APPROVED,
            promised="SELECT sum(reserved_qty) FROM lot",
            **{table: f"SELECT count(*) FROM {table}" for table in (*_TABLES, "published")},
        )

        def peer(first: int, spread: int) -> Callable[[float], Awaitable[Sample]]:
            async def load(seconds: float) -> Sample:
                last = f"SELECT coalesce(right(max(order_no), 13)::int, {first}) {_APPROVED[15:]} AND right(order_no, 13)::int"
                start = await peer_db.fetchval(f"{last} BETWEEN $1 AND $2", first + 1, first + half)
                before = await peer_db.fetchval(_APPROVED)
                sample = await pgbench(place, "peer", "approve.sql", seconds, start=start, n=0, spread=spread)
                if (approved := await peer_db.fetchval(_APPROVED) - before) != sample.done:
                    raise NotTrue(f"pgbench ran {sample.done} transactions, but approved {approved} orders")
                return sample

            return load

        def ours(name: str, first: int) -> Callable[[float], Awaitable[Sample]]:
            paths = (f"/inventory/v1/dispatch_orders/{_id(first + number)}/approve" for number in range(1, half + 1))
            requests = Requests.write(place, name, ((path, "{}") for path in paths), "once", token)

            async def load(seconds: float) -> Sample:
                await truth.look()
                sample = await http(place, server, requests, seconds)
                await truth.check(sample.done, CLIENTS)
                return sample

            return load

        loads = {"peer, spread": peer(0, 1), "spread": ours("spread", 0), "peer, hot": peer(half, 0), "hot": ours("hot", half)}
        for load in loads.values():
            await load(WARM_UP_S)
        samples: dict[str, list[Sample]] = {name: [] for name in loads}
        for _ in range(rounds):  # in turns, so that what disturbs the machine disturbs all four
            for name, load in loads.items():
                samples[name].append(await load(seconds))
        await same_rows(peer_db, ours_db, "reservation", "stock_movement", "history")
    spread, hot = samples["spread"], samples["hot"]
    return [
        rates("promises of 1,000 lots, under a key", "pgbench, 32 clients, the same", samples["peer, spread"], spread, 0.4),
        rates("promises all of one lot, under a key", "pgbench, 32 clients, the same", samples["peer, hot"], hot, 0.4),
        rates("promises all of one lot, none refused", "the same of 1,000 lots", spread, hot, 0.4),
    ]


def _id(number: int) -> str:
    """Return the id of an order of bench/sql/stocked.sql; digits alone make a valid one."""
    return str(10**18 + number) + "7000000000000"
