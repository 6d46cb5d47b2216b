"""Resident memory of the server after each step of its day, in MB, as one JSON document (bench).

    python benchmarks/memory.py

Simulated visitors (simulated.py), one after another: twenty pages, a clip each; then one who stays opens t-SNE maps
that are computed, UMAP maps, and adapts a model; half a minute later freed memory has gone back to the system.
"""

import asyncio
import tempfile
from pathlib import Path

import httpx
from crowd import clips
from serving import Server, served, write
from simulated import Visitor

VISITS = 20
TRIMMED_S = 35  # the server returns freed memory every half minute


async def day(server: Server, voices: list[Path]) -> dict[str, int]:
    """Resident memory by step."""
    after = {"warm-up": server.resident_mb()}
    async with httpx.AsyncClient(timeout=httpx.Timeout(60, read=300)) as client:
        visitors = [Visitor(server.address, client) for _ in range(VISITS)]
        for visitor in visitors:
            await visitor.open()
        after[f"{VISITS} pages"] = server.resident_mb()
        for number, visitor in enumerate(visitors):
            await visitor.do("clip", "input", await visitor.upload(voices[number % len(voices)]))
        after["a clip each"] = server.resident_mb()
        one = visitors[0]
        await one.do("map-perplexity", "input", 50)
        after["t-SNE maps"] = server.resident_mb()
        await one.do("map-kind", "input", "umap")
        after["UMAP maps"] = server.resident_mb()
        await one.do("adapt-go", "click")
        after["an adaptation"] = server.resident_mb()
        assert "UAR" in str(one["adapt-score"])
        await asyncio.sleep(TRIMMED_S)
        after["half a minute later"] = server.resident_mb()
        for visitor in visitors:
            await visitor.leave()
    return after


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, served() as server:
        write({"resident_mb": asyncio.run(day(server, clips(Path(folder))))}, "bench-memory.json")


if __name__ == "__main__":
    main()
