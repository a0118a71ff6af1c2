// Larger pictures and videos, where the house rules ask for a sum: a worker solves it upon the click,
// once an hour; the link then leads where it always led, and a video plays in its place. Without this
// file a visitor keeps what is shown.
const stage = document.querySelector("[data-sum]");
const { proof: sheet, sum: address, worker: script } = stage.dataset;
const WAIT = "One moment: your browser solves a small sum first.";
const FAILED = "Your browser could not solve the sum, so this is the largest that we can show you.";
const MOST_SECONDS = 120;

const closer = [...stage.querySelectorAll("a.whole__zoom"), ...document.querySelectorAll("a.making__play")];
const notes = new Map(closer.map((link) => {
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

// The player, where the poster was, and as wide.
function play(link) {
  const player = document.createElement("video");
  const poster = link.querySelector("img");
  player.className = link.firstElementChild.className;
  player.controls = player.playsInline = player.autoplay = true;
  if (poster) player.poster = poster.currentSrc || poster.src;
  if (link.dataset.label) player.setAttribute("aria-label", link.dataset.label);
  player.src = link.href;
  link.replaceWith(player);
  player.focus();
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
      if (link.matches(".making__play")) {
        play(link);
        note.textContent = "";
      } else {
        location.assign(link.href);
      }
    } catch (problem) {
      note.textContent = problem instanceof TypeError ? "This server did not answer; try again in a moment." : problem.message;
    } finally {
      busy = false;
    }
  });
}

// Back from the picture: what was said is over
addEventListener("pageshow", () => notes.forEach((note) => { note.textContent = ""; }));
