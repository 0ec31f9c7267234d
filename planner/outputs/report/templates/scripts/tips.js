// What a word or figure means: shown while the pointer or the keyboard is on it, or by a tap.
{
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  tip.setAttribute("role", "tooltip");
  byId("main").append(tip);
  let owner = null;
  let waiting = 0;
  let touched = false;

  const wordsOf = (element) => element.dataset.tip ?? byId(element.getAttribute("aria-describedby"))?.textContent;
  const ownerOf = (target) => target.closest?.("[data-tip], [aria-describedby^=meaning-]");
  const hide = () => {
    clearTimeout(waiting);
    tip.hidden = true;
    owner = null;
  };
  const show = (element) => {
    const words = wordsOf(element);
    if (!words) return;
    clearTimeout(waiting);
    owner = element;
    tip.textContent = words;
    tip.hidden = false;
    const place = element.getBoundingClientRect();
    const size = tip.getBoundingClientRect();
    const below = place.bottom + 3;
    const fits = below + size.height < innerHeight;
    tip.style.top = `${scrollY + (fits ? below : Math.max(4, place.top - size.height - 3))}px`;
    tip.style.left = `${scrollX + Math.max(8, Math.min(place.left, root.clientWidth - size.width - 8))}px`;
  };

  document.addEventListener("pointerdown", (event) => { touched = event.pointerType !== "mouse"; }, true);
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse") return;
    const element = ownerOf(event.target);
    if (element) show(element);
    else if (tip.contains(event.target)) clearTimeout(waiting);
    else if (owner) {
      clearTimeout(waiting);
      waiting = setTimeout(hide, 300);
    }
  });
  document.addEventListener("focusin", (event) => {
    const element = ownerOf(event.target);
    if (element && element.matches(":focus-visible")) show(element);
  });
  document.addEventListener("focusout", () => hide());
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  document.addEventListener("click", (event) => {
    const element = ownerOf(event.target);
    if (!element) return hide();
    if (element.dataset.href) return hide();
    if (!touched) return;
    // A second tap follows the link to the glossary.
    if (element.matches("a.term, a.flag") && owner !== element) event.preventDefault();
    show(element);
  });
  // What it explains may have scrolled out of sight inside a box.
  addEventListener("scroll", (event) => { if (event.target !== document) hide(); }, { passive: true, capture: true });
}
