// The one script of the live pages: asks this process for the figures every two seconds, and changes only what differs.
"use strict";
(() => {
  const EVERY = 2000, WITHIN = 10000;
  const byId = (id) => document.getElementById(id);
  const live = document.body.dataset.live;
  let paused = false, timer, asking = 0, said, order, failedSince, wanted = false;

  // The order that is looked at is part of the address, so that a reload or a bookmark finds it again; it is not sent as a path.
  const fromAddress = () => {
    const hash = location.hash;
    if (hash === "" || hash.startsWith("#order=")) order = new URLSearchParams(hash.slice(1)).get("order") ?? "";
    byId("order").value = order ?? "";
  };

  const ask = () => new Promise((answered, failed) => {
    const request = new XMLHttpRequest(), token = sessionStorage.getItem("token");
    request.open("GET", live + (order ? "?order=" + encodeURIComponent(order) : ""));
    request.responseType = "document";
    request.timeout = WITHIN;
    if (token) request.setRequestHeader("Authorization", "Bearer " + token);
    request.onload = () => answered(request);
    request.onerror = request.ontimeout = () => failed(new Error("no answer"));
    request.send();
  });

  // Makes `old` like `fresh`, and keeps every node that can stay: what has a focus, a selection or a scroll position keeps it.
  const change = (old, fresh) => {
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || old.dataset?.key !== fresh.dataset?.key) {
      old.replaceWith(document.importNode(fresh, true));
      return;
    }
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return;
    }
    for (const name of old.getAttributeNames()) if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
    for (const name of fresh.getAttributeNames()) {
      if (old.getAttribute(name) !== fresh.getAttribute(name)) old.setAttribute(name, fresh.getAttribute(name));
    }
    let child = old.firstChild;
    for (const next of fresh.childNodes) {
      const key = next.dataset?.key;
      // A row that has moved is moved, not written over: who is on its link stays on that link.
      const known = key === undefined || child?.dataset?.key === key ? child : [...old.children].find((one) => one.dataset.key === key);
      if (!known) {
        old.insertBefore(document.importNode(next, true), child);
      } else if (known === child) {
        child = child.nextSibling;
        change(known, next);
      } else {
        (old.moveBefore ?? old.insertBefore).call(old, known, child);
        change(known, next);
      }
    }
    while (child) {
      const gone = child;
      child = child.nextSibling;
      gone.remove();
    }
  };

  const lost = (why) => {
    failedSince ??= new Date().toLocaleTimeString("en-GB");
    byId("lost").textContent = `${why} since ${failedSince}. What is shown is old.`;
    byId("lost").hidden = false;
    byId("main").classList.add("old");
  };

  const show = (request) => {
    const locked = request.status === 401;
    byId("ask").hidden = !locked;
    // Nothing can be found or paused before there is something to see.
    byId("find").hidden = byId("pause").hidden = locked;
    if (locked) {
      byId("wrong").textContent = sessionStorage.getItem("token") ? "This is not the token." : "";
      sessionStorage.removeItem("token");
      byId("main").replaceChildren();
      byId("token").focus();
      paused = true;
      return;
    }
    const answer = request.response, main = answer?.getElementById("main");
    if (request.status !== 200 || !main) return lost(`The process answers with ${request.status}`);
    failedSince = undefined;
    byId("lost").hidden = true;
    document.title = answer.title;
    change(byId("about"), answer.getElementById("about"));
    change(byId("main"), main);
    // Only a changed situation is told, never a changed number.
    const say = main.dataset.say;
    if (said !== undefined && said !== say) byId("said").textContent = say;
    said = say;
    if (wanted) {
      wanted = false;
      byId("story")?.focus();
    }
  };

  const turn = async (now) => {
    clearTimeout(timer);
    if (now || (!paused && !document.hidden)) {
      const mine = ++asking;
      try {
        const request = await ask();
        if (mine === asking) show(request);
      } catch {
        if (mine === asking) lost("The process does not answer");
      }
      if (mine !== asking) return;
    }
    timer = setTimeout(turn, EVERY);
  };

  const pause = (on) => {
    paused = on;
    byId("pause").setAttribute("aria-pressed", String(on));
    if (!on) turn(true);
  };

  byId("find").addEventListener("submit", (event) => {
    event.preventDefault();
    const number = byId("order").value.trim();
    wanted = number !== "";
    const hash = number ? "#order=" + encodeURIComponent(number) : "#";
    if (location.hash === hash) turn(true); else location.hash = hash;
  });
  byId("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("token", byId("token").value);
    byId("token").value = "";
    pause(false);
  });
  byId("pause").addEventListener("click", () => pause(!paused));
  addEventListener("hashchange", () => {
    const before = order;
    fromAddress();
    if (order === before) return;
    wanted = order !== "";
    turn(true);
  });
  document.addEventListener("visibilitychange", () => document.hidden || turn());
  fromAddress();
  turn(true);
})();
