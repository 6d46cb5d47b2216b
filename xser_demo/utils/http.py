"""One file over HTTP, so that what has come stays when the connection does not.

pooch would be the library for this, but it starts over after each cut, and these archives lie on slow servers; so the
rest is asked for with HTTP Range, by httpx (which comes with gradio). Knows nothing of corpora.
"""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from xser_demo.utils.errors import CorpusError

TRIES = 5  # in a row that bring nothing new
PAUSE_S = 1.0  # before the second of them; longer before each further one
TIMEOUT_S = 20.0  # of silence
EVERY_S = 0.2  # between two reports
MOST = 1 << 30  # bytes; a server that says nothing of its length must end somewhere
PLAIN = {"Accept-Encoding": "identity", "User-Agent": "xser_demo"}  # ranges count the bytes of the file itself


def download(
    url: str, file: Path, size: int | None = None, most: int | None = None
) -> Iterator[tuple[int, int | None]]:
    """Complete ``file``, going on behind what it holds where the server can; yields bytes so far and of all (None: not
    said). ``size`` in bytes where it is known, else ``most`` (1 GB). CorpusError when it cannot be had; what came
    until then stays."""
    host, best, tries, told = urlsplit(url).hostname, on_disk(file), 0, size
    while tries < TRIES:
        try:
            for have, told in _rest(url, file, size, most or MOST):
                yield have, told
            return
        except (httpx.TooManyRedirects, httpx.UnsupportedProtocol) as error:
            raise CorpusError(f"{host} sends the download elsewhere and elsewhere again.") from error
        except httpx.TransportError as error:
            cut, have = error, on_disk(file)
        if have > best:
            best, tries = have, 0
        elif tries == 0 and isinstance(cut, httpx.ConnectError | httpx.ConnectTimeout):
            raise CorpusError(f"{host} cannot be reached; look at the network and try again.") from cut
        tries += 1
        yield have, told  # so that who waits can stop
        time.sleep(PAUSE_S * tries)
    raise CorpusError(
        f"The connection to {host} is cut again and again; {megabytes(on_disk(file))} have come and are kept: try "
        "again to go on."
    ) from cut


def on_disk(file: Path) -> int:
    """Bytes, 0 where there is no such file."""
    return file.stat().st_size if file.is_file() else 0


def length(url: str) -> int | None:
    """How many bytes the server says the file has; None when it does not say or does not answer."""
    try:
        answer = httpx.head(url, headers=PLAIN, follow_redirects=True, timeout=TIMEOUT_S / 2)
    except httpx.HTTPError:
        return None
    return _number(answer.headers.get("content-length")) if answer.status_code == 200 else None


def megabytes(n: int) -> str:
    return f"{n / 1e6:,.0f} MB" if n >= 9.5e6 else f"{n / 1e6:.1f} MB"


def _rest(url: str, file: Path, size: int | None, most: int) -> Iterator[tuple[int, int | None]]:
    """One request for what is missing."""
    have = on_disk(file)
    if have and have == size:
        yield have, size
        return
    headers = PLAIN | ({"Range": f"bytes={have}-"} if have else {})
    with httpx.stream("GET", url, headers=headers, follow_redirects=True, timeout=TIMEOUT_S) as answer:
        if url.startswith("https:") and answer.url.scheme != "https":
            raise CorpusError(f"{urlsplit(url).hostname} sends the download to an address without https.")
        start, total = _range(answer)
        if answer.status_code == 416 and have == total:
            yield have, total
            return
        if answer.status_code == 416 or (answer.status_code == 206 and start != have):
            file.unlink()  # the server has another file than the one that was begun
            raise httpx.RemoteProtocolError("the range does not fit")
        if answer.status_code not in (200, 206):
            advice = "try again later" if answer.status_code >= 500 else "the archive may have moved"
            raise CorpusError(f"{answer.url.host} answers with error {answer.status_code}; {advice}.")
        if answer.headers.get("content-type", "").startswith("text/html"):
            raise CorpusError(f"{answer.url.host} sends a web page in place of the archive.")
        if answer.status_code == 200:
            have, total = 0, _number(answer.headers.get("content-length"))
        _plausible(total, size, most, answer.url.host)
        _room((total or size or 0) - have, file.parent)
        with file.open("ab" if have else "wb") as out:
            reported = 0.0
            for block in answer.iter_raw():
                have += out.write(block)
                if have > (size or total or most):
                    file.unlink()
                    raise CorpusError(f"{answer.url.host} sends more than the archive has; nothing of it was kept.")
                if time.monotonic() > reported + EVERY_S:
                    reported = time.monotonic()
                    yield have, total or size
    if have < (total or size or 0):
        raise httpx.RemoteProtocolError("the end is missing")
    yield have, total or size


def _range(answer: httpx.Response) -> tuple[int | None, int | None]:
    """First byte and length of the whole file, of a part of it ("bytes 5-9/10") or of none ("bytes */10")."""
    told = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", answer.headers.get("content-range", "").strip())
    return (_number(told[1]), _number(told[2])) if told else (None, None)


def _plausible(total: int | None, size: int | None, most: int, host: str) -> None:
    if total is not None and size is not None and total != size:
        raise CorpusError(
            f"{host} announces {total:,} bytes where the archive has {size:,}, so it was not downloaded; "
            "look at the owners' page."
        )
    if (total or 0) > most:
        raise CorpusError(f"{host} announces {megabytes(total)}; at most {megabytes(most)} are taken.")


def _room(wanted: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if wanted > free:
        raise CorpusError(f"The disk has {megabytes(free)} left, {megabytes(wanted)} are needed; make room first.")


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
