"""The public endpoints, called as a notebook would, and what docs/api.md says of them."""

import json
import re

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from xser_demo.utils import settings

CLIP = settings.EXAMPLES / "it-medium.flac"
GUIDE = (settings.ROOT / "docs" / "api.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:7860"  # in the guide
TRAINED = ["epochs", "strength"]
ENDPOINTS = {
    "/predict": ["audio", "models"],
    "/shift": ["audio", "shift", "strength", "models"],
    "/models": [],
    "/adapt": ["source", "target", "method", "system", "variant", "labels", "mode", "fold", "seed", *TRAINED],
    "/map": ["models", "source", "target", "clips"],
    "/benchmark": ["source", "target", "mode"],
}


@pytest.fixture(scope="module")
def client(agents_server):
    return Client(agents_server, verbose=False)


def test_the_public_endpoints_are_these_each_with_types_and_a_description(client):
    there = client.view_api(return_format="dict")["named_endpoints"]
    assert {name: [one["parameter_name"] for one in told["parameters"]] for name, told in there.items()} == ENDPOINTS
    for name, told in there.items():
        assert len(told["description"]) > 50 and f"`{name}`" in GUIDE
        optional = [one["parameter_name"] for one in told["parameters"] if one["parameter_has_default"] and one["type"]]
        assert optional == [one for one in ENDPOINTS[name] if one != "audio"]
    method = next(one for one in there["/adapt"]["parameters"] if one["parameter_name"] == "method")
    assert "'coral_infomax_em'" in method["python_type"]["type"], "clients see what there is to choose"


def test_predict_gives_the_documented_json(client):
    clip = client.predict(handle_file(CLIP), ["ravdess-source", "emodb-source"], api_name="/predict")["clips"][0]
    assert [model["id"] for model in clip["models"]] == ["ravdess-source", "emodb-source"]
    assert clip["quality"]["speech_s"] > 1 and clip["duration_s"] == pytest.approx(3, abs=1)


@pytest.mark.parametrize("models", [["../ravdess-source"], ["nobody"]])
def test_unknown_models_are_refused_in_words(client, models):
    for endpoint in ("/predict", "/shift"):
        with pytest.raises(AppError, match="There is no model"):
            client.predict(handle_file(CLIP), models=models, api_name=endpoint)
    with pytest.raises(AppError, match="There is no model"):
        client.predict(models=models, api_name="/map")


@pytest.mark.parametrize("endpoint", ["/predict", "/shift"])
def test_what_is_no_sound_is_refused_in_words(client, tmp_path, endpoint):
    text = tmp_path / "text.wav"
    text.write_text("no sound")
    with pytest.raises(AppError) as refused:
        client.predict(handle_file(text), api_name=endpoint)
    assert "Traceback" not in str(refused.value) and str(tmp_path) not in str(refused.value)


@pytest.mark.parametrize(
    ("endpoint", "wrong", "says"),
    [
        ("/adapt", {"method": "magic"}, "no method 'magic'"),
        ("/adapt", {"target": "/etc"}, "no corpus '/etc'"),
        ("/adapt", {"strength": -1}, "'strength' must be a number"),
        ("/adapt", {"seed": "x"}, "'seed' must be a whole number"),
        ("/map", {"source": "mars"}, "no corpus 'mars'"),
        ("/map", {"models": "ravdess-source"}, "must be a list"),
        ("/benchmark", {"mode": ["inductive"]}, "'mode' must be a short text"),
        ("/shift", {"strength": "loud"}, "'strength' must be a number"),
        ("/shift", {"strength": {"a": 1}}, "'strength' must be a number"),
        ("/shift", {"shift": "echo"}, "no shift 'echo'"),
    ],
)
def test_wrong_values_are_refused_in_one_sentence(client, endpoint, wrong, says):
    sound = {"audio": handle_file(CLIP)} if endpoint == "/shift" else {}
    with pytest.raises(AppError, match=says) as refused:
        client.predict(**sound, **wrong, api_name=endpoint)
    assert "\n" not in str(refused.value) and str(settings.ROOT) not in str(refused.value)


def test_what_is_no_number_is_refused_in_one_sentence(agents_server):
    """NaN is no JSON, and httpx sends none; others do."""
    place, data = f"{agents_server}/gradio_api/call/adapt", '["ravdess","emodb",null,null,null,null,null,0,0,3,NaN]'
    asked = httpx.post(place, content=f'{{"data": {data}}}', headers={"Content-Type": "application/json"})
    answer = httpx.get(f"{place}/{asked.json()['event_id']}", timeout=30).text
    assert "event: error" in answer and "'strength' must be a number from 0 to 100." in answer


def test_a_map_has_points_and_answers_and_neither_sound_nor_labels(client):
    told = client.predict(models=["ravdess-source", "ravdess-emodb-coral-infomax-em"], clips=50, api_name="/map")
    for one in told["maps"]:
        assert set(one) == {"model", "source", "target", "distances"}
        for side, corpus in (("source", "ravdess"), ("target", "emodb")):
            assert one[side]["corpus"] == corpus and set(one[side]) == {"corpus", "points", "heard"}
            assert np.array(one[side]["points"]).shape == (50, 2) and len(one[side]["heard"]) == 50


def test_the_page_shows_nothing_of_the_endpoints(open_page, agents_server):
    page = open_page(address=agents_server)
    assert page.get_by_label("strength", exact=True).count() == 0


@pytest.mark.more  # each endpoint has tests of its own
def test_every_block_of_the_guide_runs(agents_server, monkeypatch, tmp_path):
    """In order and in one session, from the root of the project, as it says."""
    monkeypatch.chdir(settings.ROOT)
    blocks = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    assert len(blocks) >= 8 and ADDRESS in GUIDE
    session: dict = {"__name__": "guide"}
    for block in blocks:
        code = block.replace(ADDRESS, agents_server).replace('"my-model"', json.dumps(str(tmp_path / "my-model")))
        exec(compile(code, "docs/api.md", "exec"), session)
