import torch
from torch import Tensor

from xser_demo.data.domains import Batch, Source, Target
from xser_demo.methods.base import cross_entropy, ramp
from xser_demo.methods.coral_infomax import CoralInfoMax
from xser_demo.methods.infomax import information
from xser_demo.networks.domain_norm import TARGET
from xser_demo.networks.heads.attention import Output

ROUNDS = 50  # of expectation maximisation; it has long settled by then
TRUST = 0.7  # in the estimate, the rest is uniform; chosen on AESDD (docs/tuning.md)


class CoralInfoMaxEM(CoralInfoMax):
    """``coral_infomax`` without its belief that the target's emotions are equally frequent.

    InfoMax's marginal entropy is log C - KL(mean_i p_i || uniform). Here the uniform distribution gives way to an
    estimate q of the target's class frequencies, made anew at the start of every epoch from the answers themselves:

        L = CE(C(F(x_s)), y_s) + lambda * ramp(p) * [KL(mean_i p_i || q) + mean_i H(p_i)],   p_i = softmax(C(F(x_t)))

    q by expectation maximisation (Saerens et al. 2002, "Adjusting the Outputs of a Classifier to New a Priori
    Probabilities"), then mixed with 30 percent of the uniform distribution, since it is made of a wrong model's
    answers. The combination is ours. The estimate sees only part of a label shift: features standardised by the
    target's own statistics hide it. Where an emotion is missing altogether, no adaptation at all is better.
    """

    name = "coral_infomax_em"
    title = "CORAL + InfoMax + prior"
    idea = (
        "Makes the target's features vary like the source's, guesses how frequent each emotion is, then asks for "
        "answers that are sure and as varied as that guess. It goes wrong where an emotion is missing."
    )
    paper = "ours, after Sun et al. 2016, Liang et al. 2020 and Saerens et al. 2002"

    def setup(self, source: Source, target: Target) -> None:
        super().setup(source, target)
        self.target, self.epoch = target, -1

    def update(self, source: Batch, target: Batch, progress: float) -> dict[str, float]:
        epoch = int(progress * self.schedule.epochs)
        if epoch != self.epoch:
            self.epoch = epoch
            answers = self.model.predict_all(self.target, TARGET)[0].softmax(1)
            self.prior = TRUST * frequencies(answers) + (1 - TRUST) / answers.shape[1]
        return super().update(source, target, progress)

    def loss(self, source: Output, labels: Tensor, target: Output, progress: float) -> dict[str, Tensor]:
        emotion = cross_entropy(source, labels)
        probabilities = target.logits.softmax(1)
        _, conditional = information(probabilities)
        mean = probabilities.mean(0)
        kl = (mean * (mean.clamp(min=1e-8) / self.prior).log()).sum()
        total = emotion + self.weight * ramp(progress) * (kl + conditional)
        return {"total": total, "emotion": emotion, "marginal": kl, "conditional": conditional}


def frequencies(answers: Tensor) -> Tensor:
    """Class frequencies (C,) under which the answers (n, C) of a classifier that learnt from balanced classes are most
    likely (Saerens et al. 2002, sec. 2.3)."""
    found = torch.full_like(answers[0], 1 / answers.shape[1])
    for _ in range(ROUNDS):
        weighted = answers * found
        found = (weighted / weighted.sum(1, keepdim=True)).mean(0)
    return found
