// Larger pictures, where the house rules ask for a sum: a worker solves it upon the click, once an
// hour, and the link then leads where it always led. Without this file a visitor keeps what is shown.
const stage = document.querySelector("[data-sum]");
const { proof: sheet, sum: address, worker: script } = stage.dataset;
const WAIT = "One moment: your browser solves a small sum first.";
const FAILED = "Your browser could not solve the sum, so this is the largest that we can show you.";
const MOST_SECONDS = 120;

const notes = new Map([...stage.querySelectorAll("a.whole__zoom")].map((link) => {
  const note = document.createElement("p");
  note.className = "whole__wait";
  note.setAttribute("role", "status");
  link.closest("figure").querySelector("figcaption").prepend(note);
  return [link, note];
}));

async function ask(options) {
  const answer = await fetch(address, { ...options, headers: { Accept: "application/json" } });
  if (answer.status === 204) return null;
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.error || FAILED);
  return said;
}

// Several workers share the trials; the first to find the number ends them all.
function solve(challenge) {
  const count = Math.min(4, navigator.hardwareConcurrency || 1);
  const workers = Array.from({ length: count }, () => new Worker(script));
  const found = workers.map((worker, place) => new Promise((resolve, reject) => {
    worker.onerror = () => reject(new Error(FAILED));
    worker.onmessage = ({ data }) => (data?.derivedKey ? resolve(data) : reject(new Error(FAILED)));
    worker.postMessage({
      type: "work", challenge, counterStart: place, counterStep: count, counterMode: "uint32",
      timeout: MOST_SECONDS * 1000,
    });
  }));
  return Promise.any(found).finally(() => workers.forEach((worker) => worker.terminate()));
}

async function prove() {
  await fetch(sheet, { cache: "no-store" }); // a proof may have ended while the page stood open
  const challenge = await ask({});
  if (!challenge) return;
  const solution = await solve(challenge).catch(() => { throw new Error(FAILED); });
  await ask({ method: "POST", body: btoa(JSON.stringify({ challenge, solution })) });
}

let busy = false;
for (const [link, note] of notes) {
  link.addEventListener("click", async (event) => {
    if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (busy) return;
    busy = true;
    note.textContent = WAIT;
    try {
      await prove();
      location.assign(link.href);
    } catch (problem) {
      note.textContent = problem instanceof TypeError ? "This server did not answer; try again in a moment." : problem.message;
    } finally {
      busy = false;
    }
  });
}

// Back from the picture: what was said is over
addEventListener("pageshow", () => notes.forEach((note) => { note.textContent = ""; }));
