// Keeps the timeline fresh: cards already there are left alone, so that a playing video plays on.
"use strict";

const EVERY_MS = 1500;
const main = document.getElementById("posts");
const state = document.getElementById("state");
const calm = state.textContent;
let etag = "";

function age(time) {
  const seconds = Math.max(0, (Date.now() - Date.parse(time.dateTime)) / 1000);
  if (seconds < 60) return `${Math.floor(seconds)}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}h`;
  return new Date(time.dateTime).toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric" });
}

function tellAges() {
  for (const time of main.querySelectorAll("time")) time.textContent = age(time);
}

// Only what is in sight plays. A person who paused a video keeps it paused.
const inSight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting && !target.dataset.stopped) target.play().catch(() => {});
    else if (!isIntersecting && !target.paused) {
      target.dataset.leaving = "yes";
      target.pause();
    }
  }
}, { threshold: 0.4 });

function watch(video) {
  inSight.observe(video);
  video.addEventListener("pause", () => {
    if (!video.dataset.leaving) video.dataset.stopped = "yes";
    delete video.dataset.leaving;
  });
  video.addEventListener("play", () => delete video.dataset.stopped);
}

function merge(html) {
  const template = document.createElement("template");
  template.innerHTML = html; // escaped by the server; scripts in it would not run, and the policy forbids them
  const next = [...template.content.children];
  const known = new Map([...main.children].map((child) => [child.dataset.id, child]));
  let at = main.firstElementChild;
  for (const child of next) {
    const old = child.dataset.id && child.tagName === "ARTICLE" ? known.get(child.dataset.id) : undefined;
    if (old) {
      known.delete(child.dataset.id);
      if (old === at) at = at.nextElementSibling;
      else main.insertBefore(old, at);
    } else {
      if (child.tagName === "ARTICLE") child.classList.add("fresh");
      main.insertBefore(child, at);
      child.querySelectorAll("video").forEach(watch);
    }
  }
  while (at) {
    const gone = at;
    at = at.nextElementSibling;
    gone.remove();
  }
  tellAges();
}

async function refresh() {
  try {
    const answer = await fetch("/posts", { headers: etag ? { "if-none-match": etag } : {}, cache: "no-store" });
    if (answer.status === 200) {
      etag = answer.headers.get("etag");
      merge(await answer.text());
    }
    state.textContent = calm;
    state.classList.remove("lost");
  } catch {
    state.textContent = "the sandbox is not running";
    state.classList.add("lost");
  }
}

main.querySelectorAll("video").forEach(watch);
tellAges();
setInterval(tellAges, 10000);
if (main.dataset.live === "yes") {
  refresh();
  setInterval(() => document.hidden || refresh(), EVERY_MS);
}
