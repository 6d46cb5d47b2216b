// Resolves when all these elements are on the page. Gradio mounts a tab's components when it is first opened, one kind
// after the other; an update that reaches one just while it mounts is lost.
window.mounted = async ids => {
  const end = Date.now() + 30_000;  // a page that lacks one must go on all the same
  while (Date.now() < end && ids.some(id => !document.getElementById(id))) await new Promise(done => setTimeout(done, 25));
};
