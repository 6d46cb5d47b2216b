"""Sending a Space's folder to the hub, with the login of whoever does it."""

import re
import tempfile
from pathlib import Path

from xser_demo.cli.space import card
from xser_demo.cli.space.folder import Plan, build
from xser_demo.utils.errors import SettingsError

OURS = ("xser_demo/*", "checkpoints/*", "assets/*")  # where files of a version before are deleted
NO_LOGIN = "You are not logged in to Hugging Face: run 'hf auth login', or set HF_TOKEN to a token that may write."
REFUSED = {
    401: "Hugging Face does not know your token; log in again with 'hf auth login', or set HF_TOKEN.",
    402: "Hugging Face asks for a paid plan to make this Space; a free account may have two with --hardware zerogpu.",
    403: "Your token may not write to {name}; make one that may, or choose another owner.",
    404: "There is no Space {name} that your token may see; check owner and name.",
    429: "Hugging Face gets too many requests from you; wait some minutes.",
}


def push(name: str, plan: Plan, private: bool = False) -> dict:
    """Build the folder and make it the content of the Space ``name`` (OWNER/NAME), which is created when it is missing.
    SettingsError in a sentence when the hub, or the way there, says no."""
    from huggingface_hub import HfApi, get_token
    from huggingface_hub.errors import HfHubHTTPError, HTTPError, OfflineModeIsEnabled

    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name, re.ASCII):
        raise SettingsError(f"'{name}' is no name of a Space; give OWNER/NAME.")
    if not get_token():
        raise SettingsError(NO_LOGIN)
    api = HfApi(library_name="xser_demo")
    hardware = card.FLAVOUR[plan.hardware] if plan.hardware == "zerogpu" else None  # what a free account can have
    with tempfile.TemporaryDirectory(prefix="xser-space-") as place:
        made = build(Path(place) / "space", plan)
        try:
            where = api.create_repo(
                name,
                repo_type="space",
                space_sdk="gradio",
                space_hardware=hardware,
                private=private or None,  # None: as the owner has it by default
                exist_ok=True,
            )
            sent = api.upload_folder(
                repo_id=name,
                repo_type="space",
                folder_path=made["folder"],
                commit_message="xser_demo by xser space push",
                delete_patterns=list(OURS),
            )
        except HfHubHTTPError as error:
            raise SettingsError(_why(error, name)) from error
        except OfflineModeIsEnabled as error:
            raise SettingsError("HF_HUB_OFFLINE is set, so that nothing can be sent; unset it.") from error
        except (HTTPError, RuntimeError) as error:  # the second from threads that upload
            raise SettingsError(
                f"The way to Hugging Face broke off ({type(error).__name__}); check the network and try again."
            ) from error
    return made | {"folder": None, "space": name, "url": str(where), "commit": sent.oid}


def _why(error, name: str) -> str:
    status = error.response.status_code
    if status in REFUSED:
        return REFUSED[status].format(name=name)
    return f"Hugging Face answered {status}: {error.server_message or 'it gave no reason'}"
