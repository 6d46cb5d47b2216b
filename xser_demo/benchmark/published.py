"""What the papers report, and which of our rows comes nearest: (published, figure, ours, how to find the row, differs)."""

ORACLE_RULE = "best epoch on the target's labels (oracle, as in the poster's probable code)"


def _poster(pair: str, variant: str, oracle: bool) -> dict:
    start = {"pair": pair, "variant": variant, "method": "dann_poster", "mode": "transductive"}
    return start | ({"selection": ORACLE_RULE} if oracle else {})


def supervised(pair: str, method: str, how: str, scored: str) -> dict:
    return {"pair": pair, "method": method, "mode": f"supervised, {how}", "scored_on": scored}


EN_IT, IT_EN, EN_DE, DE_EN = (
    "ravdess -> emovo", "emovo -> ravdess", "ravdess -> emodb", "emodb -> ravdess",
)  # fmt: skip
RANDOM = "random 80/20"
OTHER = "English and Italian actors instead of English and Mandarin"
SMALL = "width 1/8, 64 pixels, random start, fewer epochs"
PUBLISHED: dict[str, list[tuple[str, str, str, dict | None, str]]] = {
    "latif2019-gan": [
        ("within EMO-DB, valence", "UAR 81.3", "not run: no adaptation in it", None, ""),
        ("cross-lingual table", "not public", "RAVDESS to EmoDB, valence, first reading",
         {"pair": EN_DE, "variant": "latent", "method": "gan", "mode": "transductive"}, "features, network, source corpus"),
        ("cross-lingual table", "not public", "the same, second reading",
         {"pair": EN_DE, "variant": "synthesis", "method": "gan_synthesis", "mode": "transductive"}, "the same"),
    ],
    "cai2021-dann": [
        ("mean gain over the model without adaptation", "+3.91 points", "arousal and valence, all pairs, joint statistics",
         None, "corpora, features and metric are not public; gains in UAR"),
    ],
    "li2021-nnpm": [
        ("weighted accuracy on four targets", "not public", "RAVDESS to URDU, memory vote",
         {"pair": "ravdess -> urdu", "method": "nnpm", "mode": "transductive"}, "source, features, formulas"),
        ("", "", "the frozen vote of nearest neighbours there",
         {"pair": "ravdess -> urdu", "method": "knn", "mode": "transductive"}, ""),
    ],
    "poster2023-dann": [
        ("DANN, 1-D convolution, English to Mandarin", "accuracy 35.7, F1 59 (sic)", "RAVDESS to EMOVO, oracle epoch",
         _poster(EN_IT, "conv1d", True), OTHER),
        ("", "", "the same, chosen without labels", _poster(EN_IT, "conv1d", False), ""),
        ("DANN, 1-D convolution, Mandarin to English", "accuracy 33.4, F1 33.0", "EMOVO to RAVDESS, oracle epoch",
         _poster(IT_EN, "conv1d", True), OTHER),
        ("DANN, network of its probable code", "not on the poster", "RAVDESS to EMOVO, oracle epoch",
         _poster(EN_IT, "mlp", True), OTHER),
        ("DANN, ResNet-50, English to Mandarin", "accuracy 37.3, F1 37.5", "RAVDESS to EMOVO, oracle epoch",
         _poster(EN_IT, "resnet50", True), OTHER + "; " + SMALL),
        ("DANN, ResNet-50, Mandarin to English", "accuracy 34.5, F1 34.6", "EMOVO to RAVDESS, oracle epoch",
         _poster(IT_EN, "resnet50", True), OTHER + "; " + SMALL),
        ("supervised, 1-D convolution, scored on Mandarin", "accuracy 97.4", "EMOVO, random 80/20",
         supervised(EN_IT, "supervised", RANDOM, "emovo") | {"variant": "conv1d"},
         "420 clips instead of 17,500; speakers and sentences on both sides of the split, as is likely there"),
        ("supervised, 1-D convolution, scored on English", "accuracy 95.1", "RAVDESS, random 80/20",
         supervised(IT_EN, "supervised", RANDOM, "ravdess") | {"variant": "conv1d"}, "864 clips instead of 17,500"),
        ("", "", "EMOVO, other speakers",
         supervised(EN_IT, "supervised", "other speakers", "emovo") | {"variant": "conv1d"}, ""),
    ],
    "baklouti2024-mmd": [
        ("source model, RAVDESS", "accuracy 82.2", "random 80/20", supervised(EN_DE, "source model", RANDOM, "ravdess"), SMALL),
        ("source model, EmoDB", "accuracy 83.2", "random 80/20", supervised(DE_EN, "source model", RANDOM, "emodb"), SMALL),
        ("RAVDESS to EmoDB, transfer learning", "UAR 50.7, accuracy 50.5", "random 80/20",
         supervised(EN_DE, "lambda 0", RANDOM, "emodb"), SMALL),
        ("RAVDESS to EmoDB, with MMD", "UAR 58.0, accuracy 57 or 53.5", "random 80/20",
         supervised(EN_DE, "lambda 1", RANDOM, "emodb"), SMALL),
        ("", "", "the same, other speakers", supervised(EN_DE, "lambda 1", "other speakers", "emodb"), "no speaker on both sides"),
        ("EmoDB to RAVDESS, with MMD", "UAR 50, accuracy 50", "random 80/20",
         supervised(DE_EN, "lambda 1", RANDOM, "ravdess"), SMALL),
        ("", "", "the same, other speakers", supervised(DE_EN, "lambda 1", "other speakers", "ravdess"), ""),
        ("IEMOCAP to EmoDB, with MMD", "UAR 50.1, accuracy 50.7 (recalls give 45.6)", "not run: must be signed for", None, ""),
        ("EmoDB to IEMOCAP, with MMD", "UAR 50, accuracy 50.0", "not run: must be signed for", None, ""),
    ],
}  # fmt: skip
