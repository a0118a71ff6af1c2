// Small comforts. Every page works without this file.
"use strict";
(() => {
  const all = (selector) => document.querySelectorAll(selector);
  const kept = {
    get(key) { try { return localStorage.getItem("fixatif." + key); } catch { return null; } },
    set(key, value) { try { localStorage.setItem("fixatif." + key, value); } catch { /* private window */ } },
  };

  // Copy an address
  for (const button of all("[data-copy]")) {
    if (!navigator.clipboard) { button.hidden = true; continue; }
    const label = button.textContent;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = button.dataset.done;
      setTimeout(() => { button.textContent = label; }, 2000);
    });
  }

  // The grey around a work, remembered in this browser alone
  for (const choice of all("input[data-surround]")) {
    if (choice.value === kept.get("surround")) choice.checked = true;
    choice.addEventListener("change", () => kept.set("surround", choice.value));
  }

  // The visitor's own address elsewhere, remembered in this browser alone
  for (const input of all("[data-remember]")) {
    const key = input.dataset.remember;
    if (!input.value) input.value = kept.get(key) || "";
    input.form.addEventListener("submit", () => kept.set(key, input.value.trim()));
  }

  // Ask before typed words are lost
  for (const form of all("form[data-guard]")) {
    let dirty = false;
    form.addEventListener("input", () => { dirty = true; });
    form.addEventListener("submit", () => { dirty = false; });
    addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  }

  // Upload: each chosen picture with a field to describe it
  const list = document.querySelector("[data-previews]");
  const files = document.querySelector("input[type=file][name=pictures]");
  const first = document.querySelector("[data-first-alt]");
  if (list && files && first) {
    const one = first.querySelector("textarea");
    const hint = first.querySelector(".hint").textContent.split(". If")[0] + ".";
    const row = (file, index, text) => {
      const item = document.createElement("li");
      const image = new Image();
      image.alt = "";
      image.src = URL.createObjectURL(file);
      image.onload = image.onerror = () => URL.revokeObjectURL(image.src);
      const words = document.createElement("div");
      const label = document.createElement("label");
      const area = document.createElement("textarea");
      const help = document.createElement("p");
      help.className = "hint";
      help.textContent = hint;
      help.id = "alt-hint-" + index;
      area.id = label.htmlFor = "alt-" + index;
      area.name = "alt";
      area.rows = 3;
      area.maxLength = one.maxLength;
      area.value = text;
      area.setAttribute("aria-describedby", help.id);
      label.textContent = "Describe " + file.name;
      words.append(label, ...(index ? [] : [help]), area);
      if (index) area.removeAttribute("aria-describedby");
      item.append(image, words);
      return item;
    };
    files.addEventListener("change", () => {
      const typed = [...list.querySelectorAll("textarea")].map((area) => area.value);
      if (!typed.length) typed.push(...(list.dataset.typed.length > 2 ? JSON.parse(list.dataset.typed) : [one.value]));
      list.replaceChildren(...[...files.files].map((file, i) => row(file, i, typed[i] || "")));
      list.hidden = !files.files.length;
      first.hidden = one.disabled = !list.hidden;
    });
  }

  // Edit: a click into a picture sets its focus
  for (const frame of all("[data-focus]")) {
    const image = frame.querySelector("img");
    const [left, top] = ["left-", "top-"].map((name) => document.getElementById(name + frame.dataset.focus));
    if (!image || !left || !top) continue;
    const mark = document.createElement("span");
    mark.className = "focus-mark";
    const show = () => { mark.style.left = left.value + "%"; mark.style.top = top.value + "%"; };
    image.closest(".thumb").append(mark);
    frame.classList.add("takes-focus-point");
    all("[data-focus-hint]").forEach((hint) => { hint.hidden = false; });
    image.addEventListener("click", (event) => {
      const box = image.getBoundingClientRect();
      left.value = Math.round((event.clientX - box.left) / box.width * 100);
      top.value = Math.round((event.clientY - box.top) / box.height * 100);
      left.dispatchEvent(new Event("input", { bubbles: true }));
      show();
    });
    for (const field of [left, top]) field.addEventListener("input", show);
    show();
  }

  // An upload: what becomes of each picture, as it happens. Without this the page reloads itself.
  const upload = document.querySelector("[data-events]");
  if (upload) {
    const source = new EventSource(upload.dataset.events);
    const put = (element, words) => { if (element.textContent !== words) element.textContent = words; };
    source.onmessage = (event) => {
      const told = JSON.parse(event.data);
      put(upload.querySelector("[data-sentence]"), told.sentence);
      const problem = upload.querySelector("[data-problem]");
      put(problem, told.problem);
      problem.hidden = !told.problem;
      for (const step of told.steps) {
        const row = document.getElementById("step-" + step.id);
        if (!row) continue;
        const bar = row.querySelector("progress");
        bar.max = step.copies;
        bar.value = step.made;
        bar.hidden = step.state === "refused";
        put(row.querySelector(".preparation__words"), step.words);
      }
    };
    const reload = () => location.reload();
    source.addEventListener("over", () => { source.close(); reload(); });
    source.addEventListener("error", () => { if (source.readyState === EventSource.CLOSED) setTimeout(reload, 4000); });
  }

  // Arrow keys lead to the neighbouring works
  addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select, details[open]") || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
    document.querySelector(`.neighbours a[rel="${rel}"]`)?.click();
  });
})();
