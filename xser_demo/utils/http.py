"""Downloads a file over HTTP and resumes after a lost connection.

pooch starts over after each interruption, and these files are on slow servers; so the rest is requested with HTTP Range
through httpx, which gradio needs anyway.
"""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from xser_demo.utils.errors import CorpusError

MAX_TRIES = 5  # in a row without a new byte
PAUSE_S = 1.0  # before the second try; longer before each further one
TIMEOUT_S = 20.0  # without data
INTERVAL_S = 0.2  # between two reports
MAX_BYTES = 1 << 30  # unless the caller gives another limit
HEADERS = {"Accept-Encoding": "identity", "User-Agent": "xser_demo"}  # ranges count bytes of the uncompressed file


def download(
    url: str, file: Path, size: int | None = None, max_bytes: int | None = None
) -> Iterator[tuple[int, int | None]]:
    """Complete ``file``; bytes that it already holds are not requested again if the server supports ranges.

    Yields bytes so far and bytes in total (None: unknown). ``size`` is the number of bytes if it is known, else at most
    ``max_bytes`` (1 GB) are accepted. CorpusError when the file cannot be had; the bytes received until then stay,
    unless they belong to another file.
    """
    host, best, tries, total = urlsplit(url).hostname, on_disk(file), 0, size
    while tries < MAX_TRIES:
        try:
            for done, total in _rest(url, file, size, max_bytes or MAX_BYTES):
                yield done, total
            return
        except (httpx.TooManyRedirects, httpx.UnsupportedProtocol) as error:
            raise CorpusError(f"{host} redirects the download in a circle or to an unknown protocol.") from error
        except httpx.TransportError as error:
            cause, done = error, on_disk(file)
        if done > best:
            best, tries = done, 0
        elif tries == 0 and isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout):
            raise CorpusError(f"{host} cannot be reached; check the network and try again.") from cause
        tries += 1
        yield done, total  # lets the caller stop
        time.sleep(PAUSE_S * tries)
    raise CorpusError(
        f"The connection to {host} breaks again and again; {megabytes(on_disk(file))} were received and are kept: "
        "try again to continue."
    ) from cause


def on_disk(file: Path) -> int:
    """Size of a file in bytes; 0 if it does not exist."""
    return file.stat().st_size if file.is_file() else 0


def length(url: str) -> int | None:
    """Size of a remote file in bytes; None when the server does not say or does not answer."""
    try:
        response = httpx.head(url, headers=HEADERS, follow_redirects=True, timeout=TIMEOUT_S / 2)
    except httpx.HTTPError:
        return None
    return _number(response.headers.get("content-length")) if response.status_code == 200 else None


def megabytes(n: int) -> str:
    return f"{n / 1e6:,.0f} MB" if n >= 9.5e6 else f"{n / 1e6:.1f} MB"


def _rest(url: str, file: Path, size: int | None, max_bytes: int) -> Iterator[tuple[int, int | None]]:
    """One request for the missing bytes."""
    done = on_disk(file)
    if done and done == size:
        yield done, size
        return
    headers = HEADERS | ({"Range": f"bytes={done}-"} if done else {})
    with httpx.stream("GET", url, headers=headers, follow_redirects=True, timeout=TIMEOUT_S) as response:
        if url.startswith("https:") and response.url.scheme != "https":
            raise CorpusError(f"{urlsplit(url).hostname} redirects the download to an address without https.")
        start, total = _content_range(response)
        if response.status_code == 416 and done == total:
            yield done, total
            return
        if response.status_code == 416 or (response.status_code == 206 and start != done):
            file.unlink()  # the server has another file than the one that was begun
            raise httpx.RemoteProtocolError("the range does not fit")
        _require_file(response)
        if response.status_code == 200:
            done, total = 0, _number(response.headers.get("content-length"))
        _require_size(total, size, max_bytes, response.url.host)
        _require_space((total or size or 0) - done, file.parent)
        with file.open("ab" if done else "wb") as out:
            reported = 0.0
            for block in response.iter_raw():
                done += out.write(block)
                if done > (size or total or max_bytes):
                    file.unlink()
                    raise CorpusError(f"{response.url.host} sends more than the file has; nothing of it was kept.")
                if time.monotonic() > reported + INTERVAL_S:
                    reported = time.monotonic()
                    yield done, total or size
    if done < (total or size or 0):
        raise httpx.RemoteProtocolError("the end is missing")
    yield done, total or size


def _content_range(response: httpx.Response) -> tuple[int | None, int | None]:
    """First byte and length of the whole file, from "bytes 5-9/10" or "bytes */10"."""
    header = response.headers.get("content-range", "").strip()
    match = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", header)
    return (_number(match[1]), _number(match[2])) if match else (None, None)


def _require_file(response: httpx.Response) -> None:
    """CorpusError unless the response is a file."""
    host = response.url.host
    if response.status_code not in (200, 206):
        advice = "try again later" if response.status_code >= 500 else "the file may have moved"
        raise CorpusError(f"{host} answers with error {response.status_code}; {advice}.")
    if response.headers.get("content-type", "").startswith("text/html"):
        raise CorpusError(f"{host} sends a web page instead of the file.")


def _require_size(total: int | None, size: int | None, max_bytes: int, host: str) -> None:
    if total is not None and size is not None and total != size:
        raise CorpusError(
            f"{host} announces {total:,} bytes where the file has {size:,}, so it was not downloaded; "
            "look at the owners' page."
        )
    if (total or 0) > max_bytes:
        raise CorpusError(f"{host} announces {megabytes(total)}; at most {megabytes(max_bytes)} are accepted.")


def _require_space(needed: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise CorpusError(
            f"The disk has {megabytes(free)} left, {megabytes(needed)} are needed; free some space first."
        )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
