"""The addresses of the shipped audits: ``/audits/<id of the model>`` answers with the page of one."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from xser_demo.audit.shipped import shipped
from xser_demo.reporting import audit_page

PATH = "audits"
NONE = "This model has no audit here; 'xser audit MODEL' makes one."
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def link(model_id: str) -> str:
    """The address of a model's audit, seen from the page."""
    return f"{PATH}/{model_id}"


def routes() -> list[Route]:
    def page(request: Request) -> Response:
        audit = shipped().get(request.path_params["model"])
        return HTMLResponse(audit_page.html(audit), headers=HEADERS) if audit else PlainTextResponse(NONE, 404)

    return [Route(f"/{PATH}/{{model}}", page)]
