// Keeps Gradio's event stream open while a response is pending. The server closes the stream when nothing is pending; a
// request sent at that moment is accepted, but its response waits in a stream that the client believes to be open, and
// the page shows nothing until the next click. Here the client sees one stream, which continues in a new one.
(() => {
  const real = window.fetch.bind(window), pending = new Set(), early = new Set();
  const kind = text => /^data: \{"msg":"(\w+)","event_id":(?:"(\w+)")?/.exec(text.slice(0, 120)) ?? [];
  // Forwards every message except the one that closes the stream, which is returned.
  const pass = async (body, out) => {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader(), encoder = new TextEncoder();
    let parts = [];
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return null;
      const messages = (parts.splice(0).join("") + value).split("\n\n");
      parts = [messages.pop()];
      for (const message of messages) {
        const [, name, id] = kind(message), bytes = encoder.encode(message + "\n\n");
        if (name === "close_stream") {  // the client disconnects when it reads this; a server that has not
          while (!(await reader.read()).done);  // finished yet would then drop everything that this page waits for
          return bytes;
        }
        if (name === "process_completed" && !pending.delete(id)) early.add(id);  // before the response to the request
        if (name === "unexpected_error") pending.clear();
        out.enqueue(bytes);
      }
    }
  };
  const keepOpen = async (request, options) => {
    const first = await real(request.clone(), options);
    if (!first.ok) return first;
    const follow = async out => {
      let end = await pass(first.body, out);
      while (end && pending.size) {
        const awaited = [...pending], next = await real(request.clone(), options);
        if (!next.ok) break;
        end = await pass(next.body, out);
        awaited.forEach(id => pending.delete(id));  // nothing is pending any more, even if a response was lost
      }
      if (end) out.enqueue(end);
      out.close();
    };
    const body = new ReadableStream({ start: out => { follow(out).catch(error => out.error(error)); } });
    return new Response(body, { status: first.status, headers: first.headers });
  };
  window.fetch = async (request, options) => {
    const url = String(request?.url ?? request);
    if (url.includes("/queue/data?") && request instanceof Request) return keepOpen(request, options);
    const response = await real(request, options);
    if (url.includes("/queue/join") && response.ok) {
      const { event_id: id } = await response.clone().json();
      if (!early.delete(id)) pending.add(id);
    }
    return response;
  };
})();
