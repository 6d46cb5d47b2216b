"""``xser models``: the models that are here."""

from xser_demo.cli.options import add_command
from xser_demo.utils.errors import UserError


def add(commands) -> None:
    add_command(commands, "models", run, show, "List the models that are here.")


def run(options) -> list[dict]:
    from xser_demo import api
    from xser_demo.networks import checkpoints

    found = api.models()
    if not found:
        raise UserError(checkpoints.none_here())
    return found


def show(result: list[dict]) -> None:
    for card in result:
        print(f"{card['id']:28} {card['method']:12} {card['source']} -> {card['target'] or '-'}")
