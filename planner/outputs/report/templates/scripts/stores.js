// The table of stores: sorted, filtered, opened; and the map that opens it.
(() => {
  const table = byId("stores-table");
  if (!table) return;
  const body = table.tBodies[0];
  const pairs = [...body.rows].map((row) => ({ row, button: row.querySelector(".open"), detail: null }));
  const collator = new Intl.Collator(root.lang, { numeric: true });

  let details;
  const isOpen = ({ button }) => button?.getAttribute("aria-expanded") === "true";
  const place = (pair) => {
    if (pair.detail) pair.detail.hidden = !isOpen(pair) || pair.row.hidden;
  };
  const make = async (pair) => {
    details ??= unpack("details").then(JSON.parse);
    const inside = (await details)[pair.row.id];
    if (pair.detail) return;
    pair.detail = document.createElement("tr");
    pair.detail.className = "detail";
    pair.detail.id = `${pair.row.id}-more`;
    const cell = pair.detail.insertCell();
    cell.colSpan = table.tHead.rows[0].cells.length;
    cell.innerHTML = inside;
    pair.row.after(pair.detail);
    pair.button.setAttribute("aria-controls", pair.detail.id);
    prepareTables(pair.detail);
  };
  const show = async (pair, open) => {
    if (!pair.button) return;
    pair.button.setAttribute("aria-expanded", String(open));
    if (open) await make(pair);
    place(pair);
  };
  body.addEventListener("click", (event) => {
    const button = event.target.closest(".open");
    const pair = button && pairs.find((one) => one.button === button);
    if (pair) show(pair, !isOpen(pair));
  });

  const text = byId("filter-text");
  const region = byId("filter-region");
  const city = byId("filter-city");
  const kind = byId("filter-kind");
  const controls = [text, region, city, kind].filter(Boolean);
  // The first choice of each list stands for all of them.
  const chosen = (list, value) => !list || list.selectedIndex === 0 || list.value === value;
  const cities = city ? [...city.options] : [];
  // Only cities of the region chosen; the first choice is all of them.
  const offerCities = () => {
    const fits = new Set(pairs
      .filter(({ row }) => chosen(region, row.dataset.region)).map(({ row }) => row.dataset.city));
    const before = city.selectedOptions[0];
    const offered = cities.filter((option, k) => k === 0 || fits.has(option.value));
    city.replaceChildren(...offered);
    city.selectedIndex = Math.max(offered.indexOf(before), 0);
  };
  const filter = () => {
    if (city) offerCities();
    const words = text.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const pair of pairs) {
      const { region: ofRegion, city: ofCity, kind: ofKind } = pair.row.dataset;
      const name = pair.row.cells[0].textContent.toLocaleLowerCase();
      const fits = words.every((word) => name.includes(word))
        && chosen(region, ofRegion) && chosen(city, ofCity) && chosen(kind, ofKind);
      pair.row.hidden = !fits;
      shown += fits;
      place(pair);
    }
    byId("filter-count").textContent = `${shown} of ${pairs.length} stores`;
    byId("no-store").hidden = shown > 0;
  };
  byId("filter-clear").addEventListener("click", () => {
    text.value = "";
    for (const list of [region, city, kind]) if (list) list.selectedIndex = 0;
    filter();
    text.focus();
  });
  for (const control of controls) control.addEventListener("input", filter);

  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    heading.querySelector(".sort")?.addEventListener("click", () => {
      const numeric = heading.classList.contains("num");
      const before = heading.getAttribute("aria-sort");
      const first = numeric ? "descending" : "ascending";
      const second = numeric ? "ascending" : "descending";
      const order = before === first ? second : first;
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      const key = ({ row }) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
      pairs.sort((left, right) => {
        const a = key(left), b = key(right);
        if (!numeric) return sign * collator.compare(a, b);
        if (a === "" || b === "") return (a === "") - (b === "");
        return sign * (Number(a) - Number(b));
      });
      body.append(...pairs.flatMap(({ row, detail }) => (detail ? [row, detail] : [row])));
    });
  });

  const openLinked = async () => {
    const pair = pairs.find(({ row }) => row.id === location.hash.slice(1));
    if (!pair) return;
    if (pair.row.hidden) {
      for (const control of controls)
        if (control === text) control.value = "";
        else control.selectedIndex = 0;
      filter();
    }
    await show(pair, true);
    pair.row.scrollIntoView();
    pair.button?.focus({ preventScroll: true });
  };
  addEventListener("hashchange", openLinked);
  openLinked();

  byId("store-map")?.addEventListener("click", (event) => {
    const mark = event.target.closest("[data-href]");
    if (!mark) return;
    if (location.hash === mark.dataset.href) openLinked();
    else location.href = mark.dataset.href;
  });
})();
