// The panel of faults: what may go wrong at the call that is chosen, what still waits, and nothing any more.
"use strict";

(() => {
  const AT = "/sandbox/faults";
  const EVERY_MS = 1500;
  const part = (name) => document.getElementById(`faults-${name}`);
  const form = part("form");
  const { call, rule, seconds, often } = form.elements;
  const choices = [...rule.options];
  let shown = "";

  function offer() {
    const fit = choices.filter((choice) => {
      const calls = JSON.parse(choice.dataset.calls);
      return calls.length === 0 || calls.includes(call.value);
    });
    const chosen = rule.value;
    rule.replaceChildren(...fit);
    if (fit.some((choice) => choice.value === chosen)) rule.value = chosen;
    tellSeconds();
  }

  function tellSeconds() {
    const given = JSON.parse(rule.value).seconds;
    seconds.disabled = given === undefined; // its label and itself are hidden with it
    seconds.value = given ?? "";
  }

  function words(fault) {
    const more = [];
    if (fault.name !== fault.kind) more.push(fault.kind);
    if (fault.kind.startsWith("status")) more.push(fault.status);
    if (fault.answer) more.push(fault.answer);
    if (fault.seconds) more.push(`${fault.seconds} s`);
    if (fault.account) more.push(`@${fault.account} only`);
    if (fault.after) more.push(`after ${fault.after} more`);
    if (fault.every) more.push(`every ${fault.every}.`);
    if (fault.probability !== null) more.push(`${Math.round(fault.probability * 1000) / 10} %`);
    if (fault.times === "always") more.push("until cleared");
    else if (fault.times > 1) more.push(`${fault.times} times`);
    return `${fault.call}: ${fault.name}${more.length ? ` (${more.join(", ")})` : ""}`;
  }

  function show(faults) {
    const lines = faults.map(words);
    if (shown === JSON.stringify(lines)) return;
    shown = JSON.stringify(lines);
    part("count").textContent = lines.length ? `${lines.length} waiting` : "none waiting";
    part("count").classList.toggle("some", lines.length > 0);
    part("list").replaceChildren(...lines.map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    }));
    part("clear").hidden = lines.length === 0;
  }

  // What is there now, after doing something about it if so asked.
  async function refresh(change) {
    try {
      let problem = "";
      for (const request of change ? [change, {}] : [{}]) {
        const answer = await fetch(AT, { cache: "no-store", ...request });
        const body = await answer.json();
        if (!answer.ok) problem = body.errors?.[0].message ?? body.detail;
        else if (!request.method) show(body.faults);
      }
      if (change || problem) part("problem").textContent = problem;
    } catch {
      if (change) part("problem").textContent = "The sandbox is not running.";
    }
  }

  call.addEventListener("change", offer);
  rule.addEventListener("change", tellSeconds);
  part("clear").addEventListener("click", () => refresh({ method: "DELETE" }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const fault = { call: call.value, ...JSON.parse(rule.value), ...JSON.parse(often.value) };
    if (!seconds.disabled) fault.seconds = Number(seconds.value);
    refresh({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(fault) });
  });
  offer();
  refresh();
  setInterval(() => document.hidden || refresh(), EVERY_MS);
})();
