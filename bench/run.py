"""Measure Gridwhistle, each figure beside its peer or limit in the same run: python bench/run.py [--only report,accept]."""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Final

import accept
import bulk
import cases
import events
import hot
import ledger
import lists
import locate
import machine
import pipeline
import report
import start
import stock
import year
from generators import GENERATOR
from harness import HERE, NotTrue
from results import Answer, foreign_of, show

QUESTIONS: Final[dict[str, Callable[[int, float], Awaitable[list[Answer]]]]] = {
    "report": report.ask,
    "bulk": bulk.ask,
    "accept": accept.ask,
    "hot": hot.ask,
    "ledger": ledger.ask,
    "stock": stock.ask,
    "cases": cases.ask,
    "client": report.ask_one,
    "pipeline": pipeline.ask,
    "events": events.ask,
    "lists": lists.ask,
    "locate": locate.ask,
    "start": start.ask,
    "year": year.ask,
}
LATEST: Final = HERE / "latest.json"


async def main(names: list[str], rounds: int, seconds: float) -> None:
    """Ask the questions one after the other, print the answers and keep them."""
    answers: list[Answer] = []
    started = time.monotonic()
    for name in names:
        print(f"Measuring: {name} …", flush=True)
        answers += await QUESTIONS[name](rounds, seconds)
    facts = {**machine.facts(), "generator": GENERATOR, "foreign_share": round(foreign_of(answers), 3)}
    print(" · ".join(f"{name} {fact}" for name, fact in facts.items()))
    show(answers)
    kept = {"machine": facts, "rounds": rounds, "seconds": seconds, "answers": [answer.as_json() for answer in answers]}
    LATEST.write_text(json.dumps(kept, ensure_ascii=False, indent=2) + "\n")
    print(f"All rounds are in bench/{LATEST.name}; {time.monotonic() - started:.0f} s.")


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - QUESTIONS.keys():
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}? There are: {', '.join(QUESTIONS)}")
    return names


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", type=_names, default=list(QUESTIONS), help=f"some of: {','.join(QUESTIONS)}")
    parser.add_argument("--rounds", type=int, default=3, help="of peer and us in turn")
    parser.add_argument("--seconds", type=float, default=3.0, help="a round")
    asked = parser.parse_args()
    try:
        asyncio.run(main(asked.only, asked.rounds, asked.seconds))
    except NotTrue as why:
        sys.exit(f"No figures: {why}")
    except KeyboardInterrupt:
        sys.exit("Stopped.")
