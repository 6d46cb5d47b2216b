"""Gradio's event stream: no answer is lost when a request meets the end of the stream, or when the page is busy."""

from collections.abc import Iterator

import gradio as gr
import pytest
from playwright.sync_api import expect

from xser_demo.ui.server.blocks import Page

# The end of the first stream reaches the page only when the test lets it, as on a slow line.
HOLD = """
const real = window.fetch.bind(window);
let held = false;
window.fetch = async (request, options) => {
  const answer = await real(request, options);
  if (held || !String(request.url ?? request).includes("/queue/data?")) return answer;
  held = true;
  const wait = new Promise(go => { window.letGo = go; });
  const text = new TextDecoder(), bytes = new TextEncoder();
  const slow = new TransformStream({
    async transform(chunk, out) {
      const [before, end] = text.decode(chunk, { stream: true }).split(/(?=data: \\{"msg":"close_stream")/);
      if (!end && !before.startsWith('data: {"msg":"close_stream"')) return out.enqueue(chunk);
      if (end) out.enqueue(bytes.encode(before));
      window.ending = true;
      await wait;
      out.enqueue(bytes.encode(end ?? before));
    },
  });
  return new Response(answer.body.pipeThrough(slow), { status: answer.status, headers: answer.headers });
};
"""


def test_a_request_that_meets_the_end_of_the_stream_is_answered(open_page):
    page = open_page(before=HOLD)
    page.wait_for_function("() => window.ending")
    with page.expect_response(lambda response: "/queue/join" in response.url):
        page.get_by_role("tab", name="Benchmark", exact=True).click()
    page.wait_for_timeout(500)  # the client believes that the stream is open
    page.evaluate("window.letGo()")
    expect(page.locator("#bench-table table")).to_be_visible()


# All answers of an event reach the page at once, as on a line that stood still for a moment.
BURST = """
const real = window.fetch.bind(window);
window.fetch = async (request, options) => {
  const answer = await real(request, options);
  if (!String(request.url ?? request).includes("/queue/data?")) return answer;
  const text = new TextDecoder(), kept = [], all = out => kept.splice(0).forEach(chunk => out.enqueue(chunk));
  const burst = new TransformStream({
    transform(chunk, out) {
      kept.push(chunk);
      if (text.decode(chunk).includes("process_completed")) all(out);
    },
    flush: all,
  });
  return new Response(answer.body.pipeThrough(burst), { status: answer.status, headers: answer.headers });
};
"""
STEPS = 8


@pytest.fixture
def enabling() -> Iterator[str]:
    """Address of a page on which a generator enables a button a step. What it opens beside takes the page a moment."""
    with Page(analytics_enabled=False) as page:
        go = gr.Button("Go", elem_id="go")
        buttons = [gr.Button(str(step), interactive=False, elem_classes="step") for step in range(STEPS)]
        boxes = [gr.Textbox(visible=False, elem_classes="box") for _ in range(STEPS)]

        def enable() -> Iterator[dict]:
            for button, box in zip(buttons, boxes, strict=True):
                yield {button: gr.Button(interactive=True), box: gr.Textbox(f"{len(boxes)} steps", visible=True)}

        go.click(enable, None, [*buttons, *boxes])
    _, address, _ = page.launch(prevent_thread_lock=True, quiet=True)
    yield address
    page.close()


def test_every_answer_of_a_generator_reaches_a_busy_page(open_page, enabling):
    page = open_page(address=enabling, before=BURST, ready="#go")
    page.locator("#go").click()
    expect(page.locator(".box textarea")).to_have_count(STEPS)
    expect(page.locator("button.step:enabled")).to_have_count(STEPS)


def test_a_session_that_two_streams_end_is_forgotten_once():
    with Page(analytics_enabled=False) as page:
        page.queue(max_size=64)
    waiting = page._queue.pending_messages_per_session
    waiting["someone"] = waiting["other"] = "messages"
    del waiting["someone"]
    del waiting["someone"]
    assert list(waiting) == ["other"]
