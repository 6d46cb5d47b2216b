"""Uploads the folder of a Space to the hub, with the user's own login."""

import re
import tempfile
from pathlib import Path

from xser_demo.cli.space import card
from xser_demo.cli.space.folder import Plan, build
from xser_demo.utils.errors import SettingsError

OWNED = ("xser_demo/*", "checkpoints/*", "assets/*")  # files of earlier versions are deleted here
NO_LOGIN = "You are not logged in to Hugging Face: run 'hf auth login', or set HF_TOKEN to a token that may write."
REFUSED = {
    401: "Hugging Face does not know your token; log in again with 'hf auth login', or set HF_TOKEN.",
    402: "Hugging Face asks for a paid plan to make this Space; a free account may have two with --hardware zerogpu.",
    403: "Your token may not write to {name}; make one that may, or choose another owner.",
    404: "There is no Space {name} that your token may see; check owner and name.",
    429: "Hugging Face gets too many requests from you; wait some minutes.",
}


def push(name: str, plan: Plan, private: bool = False) -> dict:
    """Build the folder and upload it to the Space ``name`` (OWNER/NAME), which is created if it is missing.

    SettingsError when the hub refuses or cannot be reached.
    """
    from huggingface_hub import HfApi, get_token
    from huggingface_hub.errors import HfHubHTTPError, HTTPError, OfflineModeIsEnabled

    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name, re.ASCII):
        raise SettingsError(f"'{name}' is no name of a Space; give OWNER/NAME.")
    if not get_token():
        raise SettingsError(NO_LOGIN)
    api = HfApi(library_name="xser_demo")
    hardware = card.FLAVOUR[plan.hardware] if plan.hardware == "zerogpu" else None  # None: the default
    with tempfile.TemporaryDirectory(prefix="xser-space-") as temporary:
        result = build(Path(temporary) / "space", plan)
        try:
            url = api.create_repo(
                name,
                repo_type="space",
                space_sdk="gradio",
                space_hardware=hardware,
                private=private or None,  # None: the owner's default
                exist_ok=True,
            )
            commit = api.upload_folder(
                repo_id=name,
                repo_type="space",
                folder_path=result["folder"],
                commit_message="xser_demo by xser space push",
                delete_patterns=list(OWNED),
            )
        except HfHubHTTPError as error:
            raise SettingsError(_reason(error, name)) from error
        except OfflineModeIsEnabled as error:
            raise SettingsError("HF_HUB_OFFLINE is set, so nothing can be uploaded; unset it.") from error
        except (HTTPError, RuntimeError) as error:  # RuntimeError: from upload threads
            raise SettingsError(
                f"The connection to Hugging Face failed ({type(error).__name__}); check the network and try again."
            ) from error
    return result | {"folder": None, "space": name, "url": str(url), "commit": commit.oid}


def _reason(error, name: str) -> str:
    status = error.response.status_code
    if status in REFUSED:
        return REFUSED[status].format(name=name)
    return f"Hugging Face answered {status}: {error.server_message or 'it gave no reason'}"
