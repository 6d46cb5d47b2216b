"""The attention head on concatenated raw frames against a plain implementation on padded rows."""

import pytest
import torch

from xser_demo.networks.domain_norm import EPSILON, SOURCE, TARGET
from xser_demo.networks.heads.attention import EMBEDDING, HEADS, HIDDEN, AttentionHead
from xser_demo.networks.input_map import InputMap

DIM, LENGTHS = 24, [9, 1, 5, 30, 2, 12]


def packed_clips() -> tuple[torch.Tensor, torch.Tensor]:
    """Raw frames (N, DIM) far from standardised, and mask (6, 30)."""
    random = torch.Generator().manual_seed(0)
    frames = torch.linspace(-6, 6, DIM) + torch.linspace(0.2, 4, DIM) * torch.randn(sum(LENGTHS), DIM, generator=random)
    return frames, torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]


def make_input_map(coral: bool) -> InputMap:
    random, input_map = torch.Generator().manual_seed(1), InputMap(DIM)
    input_map.mean = torch.linspace(-5, 7, DIM)
    input_map.std = torch.linspace(0.3, 4, DIM)
    if coral:  # neither symmetric nor orthogonal, so that a transposed one would show
        input_map.matrix = torch.eye(DIM) + 0.3 * torch.randn(DIM, DIM, generator=random)
    return input_map


def attention_head() -> AttentionHead:
    """With statistics and an affine map of its norm that are not 0 and 1."""
    head, random = AttentionHead(4, 0, DIM, dropout=0.0), torch.Generator().manual_seed(2)
    with torch.no_grad():
        for tensor in (head.norm.weight, head.norm.var):
            tensor.copy_(0.5 + torch.rand(tensor.shape, generator=random))
        for tensor in (head.norm.bias, head.norm.mean):
            tensor.copy_(torch.randn(tensor.shape, generator=random))
    return head


def plain_attention(head: AttentionHead, frames, mask, domain: int, input_map: InputMap):
    """The head in plain torch, on rows padded with noise, each frame standardised and turned: (logits, embedding,
    attention)."""
    rows = 50 * torch.randn(*mask.shape, DIM, generator=torch.Generator().manual_seed(3), dtype=frames.dtype)
    rows[mask] = frames
    rows = (rows - input_map.mean) / input_map.std
    rows = rows @ input_map.matrix if input_map.matrix.numel() else rows
    value = torch.nn.functional.gelu(rows @ head.value.weight.T + head.value.bias)  # (B, T, 128)
    scores = value @ head.query.weight.T + head.query.bias
    attention = scores.masked_fill(~mask[..., None], -torch.inf).softmax(1)  # (B, T, H)
    value = value.view(*mask.shape, HEADS, HIDDEN // HEADS)
    mean = torch.einsum("bth,bthe->bhe", attention, value)
    variance = torch.einsum("bth,bthe->bhe", attention, (value - mean[:, None]) ** 2)
    pooled = torch.cat([mean, (variance + 1e-6).sqrt()], dim=2).flatten(1)
    embedding = pooled @ head.project.weight.T + head.project.bias
    if head.training:
        centre, spread = embedding.mean(0), embedding.var(0, correction=0)
    else:
        centre, spread = head.norm.mean[domain], head.norm.var[domain]
    embedding = (embedding - centre) / (spread + EPSILON).sqrt() * head.norm.weight + head.norm.bias
    logits = torch.nn.functional.gelu(embedding) @ head.classify.weight.T + head.classify.bias
    return logits, embedding, attention.transpose(1, 2)


@pytest.mark.parametrize(
    ("training", "dtype", "tolerance"),
    [(False, torch.float32, 1e-5), (False, torch.float64, 1e-10), (True, torch.float64, 1e-10)],
)
@pytest.mark.parametrize("domain", [SOURCE, TARGET])
@pytest.mark.parametrize("coral", [False, True])
def test_the_attention_head_is_the_plain_one_on_padded_rows(coral, domain, training, dtype, tolerance):
    """Answers, and the slopes of every weight; the value layer's go through the folded input map."""
    (frames, mask), input_map, head = packed_clips(), make_input_map(coral).to(dtype), attention_head().to(dtype)
    frames, head = frames.to(dtype), head.train(training)
    parameters = dict(head.named_parameters())
    labels, slopes = torch.tensor([0, 1, 2, 3, 0, 1]), []
    expected = plain_attention(head, frames, mask, domain, input_map)  # first: training moves the norm's statistics
    output = head(frames, mask, domain, input_map)
    assert output.embedding.shape == (6, EMBEDDING) and output.attention.shape == (6, HEADS, 30)
    for ours, plain in zip(output, expected, strict=True):
        torch.testing.assert_close(ours, plain, rtol=tolerance, atol=tolerance)
    for logits in (output.logits, expected[0]):
        slopes.append(torch.autograd.grad(torch.nn.functional.cross_entropy(logits, labels), parameters.values()))
    for name, ours, plain in zip(parameters, *slopes, strict=True):
        torch.testing.assert_close(ours, plain, rtol=tolerance, atol=tolerance, msg=name)
        assert "value" not in name or plain.abs().max() > 0.01, name


def test_the_output_for_a_clip_does_not_depend_on_the_rest_of_the_batch():
    (frames, mask), input_map, head = packed_clips(), make_input_map(True), attention_head().eval()
    together = head(frames, mask, TARGET, input_map)
    clips = frames.split(LENGTHS)
    for i, clip in enumerate(clips):
        company = [clip, 1000 + clips[3], clips[0]]  # alone, and with others before whom it stands first
        for others in (company[:1], company):
            lengths = torch.tensor([len(one) for one in others])
            some = torch.arange(int(lengths.max())) < lengths[:, None]
            output = head(torch.cat(others), some, TARGET, input_map)
            torch.testing.assert_close(output.logits[0], together.logits[i], rtol=1e-5, atol=1e-5)
            torch.testing.assert_close(output.embedding[0], together.embedding[i], rtol=1e-5, atol=1e-5)
            torch.testing.assert_close(output.attention[0, :, : len(clip)], together.attention[i, :, : len(clip)])
            assert not output.attention[0, :, len(clip) :].any()


def test_the_attention_head_hears_a_clip_that_begins_late_in_its_row():
    """As in a recording, where the mask leaves out the silence before the speech."""
    (frames, mask), input_map, head = packed_clips(), make_input_map(True), attention_head().eval()
    early = head(frames, mask, TARGET, input_map)
    late = head(frames, torch.nn.functional.pad(mask, (4, 0)), TARGET, input_map)
    torch.testing.assert_close(late.logits, early.logits)
    torch.testing.assert_close(late.attention[..., 4:], early.attention)
    assert not late.attention[..., :4].any()
