"""Gradio's event stream: no answer is lost when a request meets the end of the stream."""

from playwright.sync_api import expect

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
