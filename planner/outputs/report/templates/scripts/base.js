"use strict";
const root = document.documentElement;
const byId = (id) => document.getElementById(id);
root.classList.add("js");

// What the page carries besides its text is gzip in base64.
const unpack = async (id) => {
  const letters = atob(byId(id).textContent.trim());
  const bytes = new Uint8Array(letters.length);
  for (let place = 0; place < letters.length; place += 1) bytes[place] = letters.charCodeAt(place);
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(plain).text();
};
