"""The one public endpoint, called as a notebook would."""

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from xser_demo import settings

CLIP = settings.EXAMPLES / "it-medium.flac"


@pytest.fixture(scope="module")
def client(server):
    return Client(server, verbose=False)


def test_predict_is_the_only_public_endpoint_and_gives_the_documented_json(client):
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == {"/predict"}
    clip = client.predict(handle_file(CLIP), ["ravdess-source", "emodb-source"], api_name="/predict")["clips"][0]
    assert [model["id"] for model in clip["models"]] == ["ravdess-source", "emodb-source"]
    assert clip["quality"]["speech_s"] > 1 and clip["duration_s"] == pytest.approx(3, abs=1)


@pytest.mark.parametrize("models", [["../ravdess-source"], ["nobody"]])
def test_unknown_models_are_refused_in_words(client, models):
    with pytest.raises(AppError, match="There is no model"):
        client.predict(handle_file(CLIP), models, api_name="/predict")


def test_what_is_no_sound_is_refused_in_words(client, tmp_path):
    text = tmp_path / "text.wav"
    text.write_text("no sound")
    with pytest.raises(AppError) as refused:
        client.predict(handle_file(text), [], api_name="/predict")
    assert "Traceback" not in str(refused.value) and str(tmp_path) not in str(refused.value)
