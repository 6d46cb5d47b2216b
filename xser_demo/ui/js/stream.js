// Keeps Gradio's event stream going as long as an answer is due. The server ends the stream when nothing is pending; a
// request sent in that instant is accepted, but its answer waits in a stream that the client believes to be open, and
// the page shows nothing until the next click. Here the client sees one stream, which goes on in a new one.
(() => {
  const real = window.fetch.bind(window), due = new Set(), early = new Set();
  const kind = text => /^data: \{"msg":"(\w+)","event_id":(?:"(\w+)")?/.exec(text.slice(0, 120)) ?? [];
  // Hands over message after message, except the one that says that the server has ended the stream; that is returned.
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
        if (name === "close_stream") {  // the client breaks the connection off when it reads this; the server, if it
          while (!(await reader.read()).done);  // has not ended yet, would then forget all that this page waits for
          return bytes;
        }
        if (name === "process_completed" && !due.delete(id)) early.add(id);  // before the request was answered
        if (name === "unexpected_error") due.clear();
        out.enqueue(bytes);
      }
    }
  };
  const lasting = async (request, options) => {
    const first = await real(request.clone(), options);
    if (!first.ok) return first;
    const follow = async out => {
      let end = await pass(first.body, out);
      while (end && due.size) {
        const hoped = [...due], next = await real(request.clone(), options);
        if (!next.ok) break;
        end = await pass(next.body, out);
        hoped.forEach(id => due.delete(id));  // nothing is pending any more, whatever became of them
      }
      if (end) out.enqueue(end);
      out.close();
    };
    const body = new ReadableStream({ start: out => { follow(out).catch(error => out.error(error)); } });
    return new Response(body, { status: first.status, headers: first.headers });
  };
  window.fetch = async (request, options) => {
    const where = String(request?.url ?? request);
    if (where.includes("/queue/data?") && request instanceof Request) return lasting(request, options);
    const answer = await real(request, options);
    if (where.includes("/queue/join") && answer.ok) {
      const { event_id: id } = await answer.clone().json();
      if (!early.delete(id)) due.add(id);
    }
    return answer;
  };
})();
