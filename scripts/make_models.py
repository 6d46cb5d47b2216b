"""Train the shipped models from the feature packs (``make models``, about a minute on two cores).

Source-only models learn from the source's training speakers; adapted ones also see all unlabelled clips of the target
(transductive: the visitor is the one who is new). The honest scores on unseen speakers are those of ``make scores``.
"""

from xser_demo import adaptation, checkpoints, settings
from xser_demo.adaptation import Plan
from xser_demo.corpora import corpus
from xser_demo.methods import get

SEED = 0
METHODS = ("coral_infomax", "dann", "mmd")
TARGETS = {"ravdess": ("emodb", "emovo", "urdu"), "emodb": ("ravdess",)}


def language(key: str) -> str:
    return corpus(key).language_name.split(" (")[0]


def source_model(source: str) -> checkpoints.Loaded:
    """Train a source-only model and note how it does on each of its targets."""
    uar_on = {}
    for target in TARGETS[source]:
        *_, result = adaptation.adapt(Plan(source, target, "source_only", mode="transductive", seed=SEED))
        uar_on[target] = round(result.scores["source_only"].uar, 4)
    model_id = f"{source}-source"
    card = adaptation.card(result, model_id, f"Trained on {language(source)} only")
    card["uar"] = uar_on
    checkpoints.save(result.model, card, settings.CHECKPOINTS / model_id)
    return checkpoints.load(model_id)


def main() -> None:
    for source, targets in TARGETS.items():
        start = source_model(source)
        print(start.id, start.card["uar"], flush=True)
        for target in targets:
            for method in METHODS:
                plan = Plan(source, target, method, mode="transductive", seed=SEED)
                *_, result = adaptation.adapt(plan, start.model)
                model_id = f"{source}-{target}-{method}".replace("_", "-")
                title = f"{language(source)} adapted to {language(target)} ({get(method).title})"
                checkpoints.save(
                    result.model, adaptation.card(result, model_id, title), settings.CHECKPOINTS / model_id
                )
                print(model_id, {k: round(s.uar, 3) for k, s in result.scores.items()}, flush=True)


if __name__ == "__main__":
    main()
