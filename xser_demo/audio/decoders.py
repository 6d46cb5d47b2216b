"""Decoders: the bytes of a file as blocks of float32 samples, by libsndfile and by FFmpeg.

They see bytes in memory and a short list of formats, so a playlist disguised as audio cannot make FFmpeg open other
files or addresses.
"""

import io

import numpy as np
import soundfile

from xser_demo.audio.blocks import Blocks, Clamped, after
from xser_demo.utils.errors import AudioError

MAX_CHANNELS = 32
RATES = (4_000, 384_000)  # Hz, lowest and highest source rate
MAX_AMPLITUDE = 4.0  # float files may exceed full scale a little; beyond this their scale is wrong
BLOCK = 8_192  # samples per channel decoded at once; a damaged file loses at most its last block
MAX_PLANES = 7  # PyAV 18 reads past the list of planes where there are more, and the process dies

# libsndfile reads these lossless formats only, since it knows many rare ones with weak signatures. Lossy formats
# go to FFmpeg: soundfile garbles the first block of some Ogg/Opus files when it reads block by block (it seeks after
# each read), and libsndfile's MP3 decoder writes warnings to the server's stderr.
SOUNDFILE_MAGIC = (b"RIFF", b"RIFX", b"RF64", b"fLaC", b"FORM", b"caff", b"riff", b".snd", b"NIST_1A")
FFMPEG_FORMATS = "matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,ogg,mp3,aac,flac,wav,aiff,au,caf,w64,amr,asf,avi"

ADVICE = "use WAV, FLAC, MP3, OGG, M4A or WebM"


def soundfile_blocks(data: bytes, start_s: float) -> Blocks:
    """Blocks of (rate in Hz, samples (n, channels)) from ``start_s`` seconds on, by libsndfile. AudioError for a rate
    or channels that are not accepted; what libsndfile raises for a damaged file."""
    with soundfile.SoundFile(Clamped(data)) as file:
        check_source(file.samplerate, file.channels)
        if start_s:
            file.seek(round(start_s * file.samplerate))
        while True:
            block = file.read(BLOCK, dtype="float32", always_2d=True)
            yield file.samplerate, block
            if not len(block):
                return


def ffmpeg_blocks(data: bytes, start_s: float) -> Blocks:
    """The same by FFmpeg; damaged packets are skipped."""
    return after(_ffmpeg_frames(data), start_s)  # seeking is not exact in lossy formats


def _ffmpeg_frames(data: bytes) -> Blocks:
    import av  # heavy, and not needed for WAV, which browsers record

    options = {"format_whitelist": FFMPEG_FORMATS, "protocol_whitelist": "none"}
    with av.open(io.BytesIO(data), options=options) as container:
        if not container.streams.audio:
            raise AudioError(f"There is no sound track in this file; {ADVICE}.")
        for packet in container.demux(container.streams.audio[0]):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                continue  # skip a damaged packet, as players do
            for frame in frames:
                yield frame.sample_rate, unit_scale(_samples(frame))


def _samples(frame) -> np.ndarray:
    """(n, channels) of a decoded frame, in its own type. Each frame may have other channels than the one before. Of
    more than ``MAX_PLANES`` the samples are interleaved first."""
    from av import AudioResampler

    channels = frame.layout.nb_channels
    check_source(frame.sample_rate, channels)
    if not frame.format.is_planar:
        return frame.to_ndarray().reshape(-1, channels)
    if channels <= MAX_PLANES:
        return frame.to_ndarray().T
    packed = AudioResampler(frame.format.packed.name, frame.layout, frame.sample_rate).resample(frame)
    return np.hstack([one.to_ndarray() for one in packed]).reshape(-1, channels)


def unit_scale(block: np.ndarray) -> np.ndarray:
    """Any numeric type to float32 with full scale 1; unsigned types are centred first."""
    if block.dtype.kind == "f":
        check_values(block)  # before the conversion, which turns huge float64 values into infinity
        return block.astype(np.float32)
    half = 2.0 ** (8 * block.dtype.itemsize - 1)
    centre = half if block.dtype.kind == "u" else 0.0
    return ((block.astype(np.float64) - centre) / half).astype(np.float32)


def check_source(rate: int, channels: int) -> None:
    """AudioError for a rate (Hz) or a number of channels that is not accepted."""
    if not RATES[0] <= rate <= RATES[1]:
        raise AudioError(f"The sampling rate is {rate} Hz; use one from 4 to 384 kHz, best 16 kHz or more.")
    if not 1 <= channels <= MAX_CHANNELS:
        raise AudioError(f"The sound has {channels} channels; use at most {MAX_CHANNELS}, best one or two.")


def check_values(block: np.ndarray) -> None:
    """AudioError for samples that are no numbers or far beyond full scale."""
    if not np.isfinite(block).all():
        raise AudioError("Some samples are not numbers (NaN or Inf); export the sound again as 16-bit WAV.")
    if block.size and max(block.max(), -block.min()) > MAX_AMPLITUDE:
        raise AudioError("The samples lie far outside -1 to 1; scale them or export the sound as 16-bit WAV.")
